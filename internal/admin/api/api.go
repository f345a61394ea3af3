// Package api serves the JSON API under /api/v1. It parses requests, authorizes them,
// calls package postgres and writes responses. It also serves the older API for permission
// templates under /api/templates, and the Model Context Protocol (MCP) under /mcp. The body
// of API.Routes lists all routes. Each action has a dedicated file, named after it.
//
// Editors are the programs in which people use modes. They fetch an organization's modes
// from readers, the servers of published content.
package api

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/auth"
	"orgmodes/internal/admin/authz"
	"orgmodes/internal/admin/events"
	"orgmodes/internal/audit"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
)

// API handles the requests of the JSON API. Builtins, PublicReader and PublishWait can be
// zero; the other fields are required. No field must change after Routes is called.
type API struct {
	// DB stores all data.
	DB *postgres.DB
	// Auth authenticates and authorizes requests.
	Auth *authz.Authorizer
	// Keys makes the access tokens that clients create.
	Keys *token.Keys
	// Builtins are the modes that are built into every editor. A mode of an organization with
	// the same slug replaces one of them.
	Builtins []modes.Mode
	// Log receives failures that don't fail a request, and those of exports and MCP. Fail logs
	// to its parameter log instead.
	Log *slog.Logger
	// Hub delivers changes to clients that watch an organization. Streams bounds the number
	// of event streams open at once: per user, per session or access token, and in total.
	Hub     *events.Hub
	Streams *events.Limits
	// PublicReader is the base URL at which editors reach the readers. If it is empty, the
	// API returns no URLs of published content.
	PublicReader string
	// PublishWait bounds how long creating or revoking a token waits for readers to know the
	// change. After that the request succeeds, with "published" false in the response. With
	// 0, it does not wait.
	PublishWait time.Duration
}

// request is an authenticated request.
type request struct {
	*fiber.Ctx
	principal access.Principal
	session   *auth.Session
	// params holds the names of the route's parameters.
	params queryParams
	// org and role are set for requests to an organization.
	org  organization.Organization
	role access.Role
}

// by returns the sender for the audit log.
func (v *request) by() audit.Attribution { return authz.By(v.Ctx, v.principal) }

// address returns the path of a resource in the organization of the request.
func (v *request) address(path string) string { return organizationAddress(v.org.ID) + path }

func organizationAddress(id uuid.UUID) string { return "/api/v1/organizations/" + id.String() }

// decide decides whether the sender is allowed r in the organization of the request.
func (v *request) decide(r access.Request) access.Decision {
	return access.Decide(v.principal, v.role, r)
}

// answer writes JSON. It doesn't escape angle brackets: this isn't HTML, and prompts
// are full of them.
func answer(c *fiber.Ctx, status int, body any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	return c.Status(status).Send(b.Bytes())
}
