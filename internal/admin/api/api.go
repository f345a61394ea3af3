// Package api serves the JSON API under /api/v1. It parses requests, authorizes them,
// calls package postgres and writes responses. All routes are in routes.go. Each action
// has a dedicated file, named after it.
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

// API handles the requests of the JSON API.
type API struct {
	DB   *postgres.DB
	Auth *authz.Authorizer
	// Keys create the access tokens.
	Keys *token.Keys
	// Builtins are the modes that every editor has.
	Builtins []modes.Mode
	Log      *slog.Logger
	// Hub provides the changes for watchers, and Streams bounds their event streams.
	Hub     *events.Hub
	Streams *events.Limits
	// PublicReader is the base URL at which editors reach the readers; it can be empty.
	PublicReader string
	// PublishWait bounds how long creating or revoking a token waits until readers know
	// the change.
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
