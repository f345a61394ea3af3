// Package mcp serves an organization's library to agents over the Model Context
// Protocol. It offers the permission templates and the modes in effect, as tools and as
// resources, and other kinds of objects as tools. It is read-only. It does not authorize
// requests; callers must first check that the sender may read the organization's library.
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

// Handler is the MCP endpoint. It keeps no state about agents: every message is
// independent, so any admin process can answer it.
type Handler struct {
	db       *postgres.DB
	builtins []modes.Mode
	log      *slog.Logger
	schemas  *mcp.SchemaCache
}

// NewHandler returns a new Handler. builtins are the modes that every editor has; they are
// in effect unless the organization replaces them.
func NewHandler(db *postgres.DB, builtins []modes.Mode, log *slog.Logger) *Handler {
	return &Handler{db, builtins, log, mcp.NewSchemaCache()}
}

// session is an organization's library, for one message.
type session struct {
	*Handler
	org       uuid.UUID
	requestID string
}

const instructions = `The permission templates and the modes of an organization. A permission template is a named set of
permissions for agents: use list_templates to choose one for an agent that you start, and get_template for all of it.
An empty allowed_tools allows nothing without asking; it never means all tools. A mode is a role with a prompt and
tool groups; list_modes has those in effect, the built-in ones included.`

// The prefixes of resource URIs, before the id or the slug.
const (
	templateURIPrefix = "orgmodes://templates/"
	modeURIPrefix     = "orgmodes://modes/"
)

const mediaJSON = "application/json"

// server returns an MCP server for one message.
func (l session) server() *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "orgmodes", Title: "Organization modes and permission templates", Version: process.BuildInfo().Version},
		&mcp.ServerOptions{
			Instructions: instructions, SchemaCache: l.schemas,
			// All content belongs to one organization.
			SetCacheable: func(_ context.Context, _ mcp.Request, c *mcp.Cacheable) { c.CacheScope = "private" },
			// The server sends nothing but responses.
			Capabilities: &mcp.ServerCapabilities{Tools: &mcp.ToolCapabilities{}, Resources: &mcp.ResourceCapabilities{}},
		})
	mcp.AddTool(s, readOnlyTool("list_templates", "List permission templates",
		"Lists the organization's permission templates by name: permission mode, allowed tools, and in words what they allow."), toolHandler(l, l.listTemplates))
	mcp.AddTool(s, readOnlyTool("get_template", "Get a permission template",
		"Returns one permission template, with its role and its system prompt."), toolHandler(l, l.getTemplate))
	mcp.AddTool(s, readOnlyTool("list_modes", "List modes",
		"Lists the modes in effect: the built-in ones, replaced by the organization's of the same slug, and its others."), toolHandler(l, l.listModes))
	mcp.AddTool(s, readOnlyTool("get_mode", "Get a mode",
		"Returns one of the modes in effect, with its whole configuration."), toolHandler(l, l.getMode))
	l.addKindTools(s)

	s.AddResourceTemplate(&mcp.ResourceTemplate{
		URITemplate: templateURIPrefix + "{id}", Name: "permission template", MIMEType: mediaJSON, Description: "A permission template, as get_template returns it",
	}, resourceHandler(l, templateURIPrefix, func(ctx context.Context, ref string) (any, error) { return l.getTemplate(ctx, templateRef{ref}) }))
	s.AddResourceTemplate(&mcp.ResourceTemplate{
		URITemplate: modeURIPrefix + "{slug}", Name: "mode", MIMEType: mediaJSON, Description: "A mode in effect, as get_mode returns it",
	}, resourceHandler(l, modeURIPrefix, func(ctx context.Context, ref string) (any, error) { return l.getMode(ctx, modeRef{ref}) }))
	// Resources are looked up only for the requests that list them, not for every message.
	s.AddReceivingMiddleware(func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			result, err := next(ctx, method, req)
			if list, ok := result.(*mcp.ListResourcesResult); ok && err == nil {
				list.Resources, err = l.listResources(ctx)
				if err != nil {
					return nil, l.publicError(err)
				}
			}
			return result, err
		}
	})
	return s
}

// readOnlyTool returns a tool that changes nothing and accesses nothing outside of this
// library.
func readOnlyTool(name, title, description string) *mcp.Tool {
	return &mcp.Tool{
		Name: name, Title: title, Description: description,
		Annotations: &mcp.ToolAnnotations{Title: title, ReadOnlyHint: true, IdempotentHint: true, OpenWorldHint: new(false)},
	}
}

// toolHandler returns the handler of a tool. Its result contains the output twice: structured
// for programs, and as JSON text for models.
func toolHandler[In any](l session, do func(context.Context, In) (any, error)) mcp.ToolHandlerFor[In, any] {
	return func(ctx context.Context, _ *mcp.CallToolRequest, in In) (*mcp.CallToolResult, any, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, nil, l.publicError(err)
		}
		return nil, out, nil
	}
}

// resourceHandler returns the handler that reads the resources below an address.
func resourceHandler(l session, uriPrefix string, read func(ctx context.Context, ref string) (any, error)) mcp.ResourceHandler {
	return func(ctx context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
		uri := req.Params.URI
		ref, err := url.PathUnescape(strings.TrimPrefix(uri, uriPrefix))
		if err != nil {
			return nil, mcp.ResourceNotFoundError(uri)
		}
		out, err := read(ctx, ref)
		if fault.Is(err, fault.NotFound) {
			return nil, mcp.ResourceNotFoundError(uri)
		}
		if err != nil {
			return nil, l.publicError(err)
		}
		text, err := marshal(out)
		if err != nil {
			return nil, l.publicError(err)
		}
		return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: uri, MIMEType: mediaJSON, Text: text}}}, nil
	}
}

// publicError returns the error to show to an agent. An error that the agent can't act on is
// logged and replaced by a general message.
func (l session) publicError(err error) error {
	if f, ok := fault.As(err); ok && f.Kind != fault.Internal {
		return errors.New(f.Message)
	}
	if postgres.IsUnavailable(err) {
		return errors.New("the database can't be reached right now; try again soon")
	}
	l.log.Error("MCP request failed", "request_id", l.requestID, "error", err)
	return errors.New("something went wrong on our side; it has been logged. Try again soon")
}
