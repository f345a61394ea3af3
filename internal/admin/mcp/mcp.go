// Package mcp serves an organization's library to agents over the Model Context
// Protocol. It offers the permission templates and the modes in effect, as tools and as
// resources. It is read-only and doesn't authorize: its callers have authorized the
// sender for the given organization.
package mcp

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/process"
)

// Door is the MCP endpoint. It keeps no state about agents: every message is
// independent, so any admin process can answer it.
type Door struct {
	db       *postgres.DB
	builtins []modes.Mode
	log      *slog.Logger
	schemas  *mcp.SchemaCache
}

// NewDoor returns a new Door. builtins are the modes that every editor has.
func NewDoor(db *postgres.DB, builtins []modes.Mode, log *slog.Logger) *Door {
	return &Door{db, builtins, log, mcp.NewSchemaCache()}
}

// library is an organization's library, for one message.
type library struct {
	*Door
	org       uuid.UUID
	requestID string
}

const instructions = `The permission templates and the modes of an organization. A permission template is a named set of
permissions for agents: use list_templates to choose one for an agent that you start, and get_template for all of it.
An empty allowed_tools allows nothing without asking; it never means all tools. A mode is a role with a prompt and
tool groups; list_modes has those in effect, the built-in ones included.`

// The prefixes of resource URIs, before the id or the slug.
const (
	templatesAt = "orgmodes://templates/"
	modesAt     = "orgmodes://modes/"
)

const asJSON = "application/json"

// server returns an MCP server for one message.
func (l library) server() *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "orgmodes", Title: "Organization modes and permission templates", Version: process.BuildOf().Version},
		&mcp.ServerOptions{
			Instructions: instructions, SchemaCache: l.schemas,
			// All content belongs to one organization.
			SetCacheable: func(_ context.Context, _ mcp.Request, c *mcp.Cacheable) { c.CacheScope = "private" },
			// The server sends nothing but responses.
			Capabilities: &mcp.ServerCapabilities{Tools: &mcp.ToolCapabilities{}, Resources: &mcp.ResourceCapabilities{}},
		})
	mcp.AddTool(s, reads("list_templates", "List permission templates",
		"Lists the organization's permission templates by name: permission mode, allowed tools, and in words what they allow."), tool(l, l.listTemplates))
	mcp.AddTool(s, reads("get_template", "Get a permission template",
		"Returns one permission template, with its role and its system prompt."), tool(l, l.getTemplate))
	mcp.AddTool(s, reads("list_modes", "List modes",
		"Lists the modes in effect: the built-in ones, replaced by the organization's of the same slug, and its others."), tool(l, l.listModes))
	mcp.AddTool(s, reads("get_mode", "Get a mode",
		"Returns one of the modes in effect, with its whole configuration."), tool(l, l.getMode))
	l.addKinds(s)

	s.AddResourceTemplate(&mcp.ResourceTemplate{
		URITemplate: templatesAt + "{id}", Name: "permission template", MIMEType: asJSON, Description: "A permission template, as get_template returns it",
	}, readable(l, templatesAt, func(ctx context.Context, ref string) (any, error) { return l.getTemplate(ctx, templateRef{ref}) }))
	s.AddResourceTemplate(&mcp.ResourceTemplate{
		URITemplate: modesAt + "{slug}", Name: "mode", MIMEType: asJSON, Description: "A mode in effect, as get_mode returns it",
	}, readable(l, modesAt, func(ctx context.Context, ref string) (any, error) { return l.getMode(ctx, modeRef{ref}) }))
	// Resources are looked up only for the requests that list them, not for every message.
	s.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			result, err := next(ctx, method, req)
			if list, ok := result.(*mcp.ListResourcesResult); ok && err == nil {
				list.Resources, err = l.resources(ctx)
				if err != nil {
					return nil, l.said(err)
				}
			}
			return result, err
		}
	})
	return s
}

// reads returns a tool that changes nothing and accesses nothing outside of this
// library.
func reads(name, title, description string) *mcp.Tool {
	return &mcp.Tool{
		Name: name, Title: title, Description: description,
		Annotations: &mcp.ToolAnnotations{Title: title, ReadOnlyHint: true, IdempotentHint: true, OpenWorldHint: new(false)},
	}
}

// tool returns the handler of a tool. Its result contains the output twice: structured
// for programs, and as JSON text for models.
func tool[In any](l library, do func(context.Context, In) (any, error)) mcp.ToolHandlerFor[In, any] {
	return func(ctx context.Context, _ *mcp.CallToolRequest, in In) (*mcp.CallToolResult, any, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, nil, l.said(err)
		}
		return nil, out, nil
	}
}

// readable returns the handler that reads the resources below an address.
func readable(l library, at string, read func(ctx context.Context, ref string) (any, error)) mcp.ResourceHandler {
	return func(ctx context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
		uri := req.Params.URI
		ref, err := url.PathUnescape(strings.TrimPrefix(uri, at))
		if err != nil {
			return nil, mcp.ResourceNotFoundError(uri)
		}
		out, err := read(ctx, ref)
		if fault.Is(err, fault.NotFound) {
			return nil, mcp.ResourceNotFoundError(uri)
		}
		if err != nil {
			return nil, l.said(err)
		}
		text, err := written(out)
		if err != nil {
			return nil, l.said(err)
		}
		return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: uri, MIMEType: asJSON, Text: text}}}, nil
	}
}

// said returns the error to show to an agent. An error that the agent can't act on is
// logged and replaced by a general message.
func (l library) said(err error) error {
	if f, ok := fault.As(err); ok && f.Kind != fault.Internal {
		return errors.New(f.Message)
	}
	if postgres.Away(err) {
		return errors.New("the database can't be reached right now; try again soon")
	}
	l.log.Error("MCP request failed", "request_id", l.requestID, "error", err)
	return errors.New("something went wrong on our side; it has been logged. Try again soon")
}
