// Package api is the JSON API under /api/v1: it reads requests, asks access, has
// postgres do it and writes answers. All routes stand in routes.go; each action
// has a file of its own, named after it.
package api

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/authz"
	"orgmodes/internal/admin/events"
	"orgmodes/internal/admin/signin"
	"orgmodes/internal/audit"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
)

// API answers requests for JSON.
type API struct {
	DB   *postgres.DB
	Auth *authz.Authorizer
	// Keys make the tokens.
	Keys *token.Keys
	// Builtins are the modes that every editor has.
	Builtins []modes.Mode
	Log      *slog.Logger
	// Hub has what watchers follow, and Streams bounds their streams of events.
	Hub     *events.Hub
	Streams *events.Limits
	// PublicReader is where editors reach the readers; it may be empty.
	PublicReader string
	// PublishWait is how long creating or revoking a token waits for readers to
	// know of it.
	PublishWait time.Duration
}

// visit is one request of somebody whom we know.
type visit struct {
	*fiber.Ctx
	who     access.Principal
	session *signin.Session
	// takes are the parameters of the route.
	takes takes
	// org and role are set for what concerns an organization.
	org  organization.Organization
	role access.Role
}

// by is who acts, for the audit log.
func (v *visit) by() audit.By { return authz.By(v.Ctx, v.who) }

// address is the address of something in the organization of the visit.
func (v *visit) address(path string) string { return organizationAddress(v.org.ID) + path }

func organizationAddress(id uuid.UUID) string { return "/api/v1/organizations/" + id.String() }

// may decides about something in the organization of the visit.
func (v *visit) may(r access.Request) access.Verdict { return access.Decide(v.who, v.role, r) }

// answer writes JSON. Angle brackets stay what they are: this is no HTML, and
// prompts are full of them.
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
