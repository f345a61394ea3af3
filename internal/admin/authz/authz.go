// Package authz authorizes requests: it authenticates the sender, finds the sender's
// role in the organization that a request is for, and decides. Package auth handles
// sessions and access tokens; package access holds the rules.
package authz

import (
	"context"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/auth"
	"orgmodes/internal/admin/middleware"
	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
)

// HeaderOrganization names one of the organizations that an access token grants. The
// readers use the same header.
const HeaderOrganization = "X-KiloCode-OrganizationId"

// Authorizer authorizes requests.
//
// A request costs the same whether its organization doesn't exist or is inaccessible:
// one query for the sender, and one for memberships.
type Authorizer struct {
	*auth.Authenticator
	db *postgres.DB
}

// New returns an Authorizer of the members in db, whom authenticator authenticates.
func New(authenticator *auth.Authenticator, db *postgres.DB) *Authorizer {
	return &Authorizer{authenticator, db}
}

// Authorization is an organization with the role that a sender has in it.
type Authorization struct {
	Organization organization.Organization
	Role         access.Role
}

// Memberships lists by name the organizations that a sender can see: those of which the
// user is a member and, for an access token, that it grants.
func (a *Authorizer) Memberships(ctx context.Context, principal access.Principal) ([]postgres.Membership, error) {
	return a.db.Memberships(ctx, principal.UserID, postgres.MembershipFilter{Token: principal.TokenID})
}

// Authorize authorizes a request in the organization with that id or slug. The error is
// NotFound for an organization that doesn't exist or isn't visible to the sender. It is
// Forbidden, with the Authorization, if the role or the token doesn't allow r.
func (a *Authorizer) Authorize(ctx context.Context, principal access.Principal, ref string, r access.Request) (Authorization, error) {
	if ref == "" {
		return Authorization{}, access.NoSuchOrganization()
	}
	all, err := a.db.Memberships(ctx, principal.UserID, postgres.MembershipFilter{Token: principal.TokenID, Ref: ref})
	if err != nil {
		return Authorization{}, err
	}
	return AuthorizeAmong(all, principal, ref, r)
}

// AuthorizeAmong is Authorize for a sender whose Memberships are known already.
func AuthorizeAmong(all []postgres.Membership, principal access.Principal, ref string, r access.Request) (Authorization, error) {
	i := slices.IndexFunc(all, func(m postgres.Membership) bool {
		return strings.EqualFold(m.Slug, ref) || strings.EqualFold(m.ID.String(), ref)
	})
	if i < 0 {
		return Authorization{}, access.NoSuchOrganization()
	}
	return decide(all[i], principal, r)
}

// AuthorizeToken is Authorize for the organization in HeaderOrganization. Without that
// header, it uses the only organization that the access token grants. The error is
// Malformed if the token grants several, including deleted ones: a guess could change
// the wrong library.
func (a *Authorizer) AuthorizeToken(c *fiber.Ctx, principal access.Principal, r access.Request) (Authorization, error) {
	if ref := c.Get(HeaderOrganization); ref != "" {
		return a.Authorize(c.UserContext(), principal, ref, r)
	}
	all, err := a.db.Memberships(c.UserContext(), principal.UserID, postgres.MembershipFilter{Token: principal.TokenID, Deleted: true})
	switch {
	case err != nil:
		return Authorization{}, err
	case len(all) > 1:
		return Authorization{}, fault.New(fault.Malformed, "organization_ambiguous",
			"This access token has access to %d organizations; specify one in the header %s, or use /api/v1/organizations/{organization}/templates", len(all), HeaderOrganization)
	case len(all) == 0 || all[0].Deleted:
		return Authorization{}, access.NoSuchOrganization()
	}
	return decide(all[0], principal, r)
}

// Reauthorize returns a function that repeats the authorization of a request while it is
// being answered. It uses a copy of the same credentials.
func (a *Authorizer) Reauthorize(c *fiber.Ctx, ref string, r access.Request) func(context.Context) error {
	var credentials fasthttp.RequestHeader
	for _, name := range []string{fiber.HeaderAuthorization, fiber.HeaderCookie} {
		if value := c.Request().Header.Peek(name); len(value) > 0 {
			credentials.SetBytesV(name, value)
		}
	}
	return func(ctx context.Context) error {
		principal, err := a.Sender(ctx, &credentials)
		if err != nil {
			return err
		}
		_, err = a.Authorize(ctx, principal, ref, r)
		return err
	}
}

func decide(m postgres.Membership, principal access.Principal, r access.Request) (Authorization, error) {
	e := Authorization{m.Organization, access.Role(m.Role)}
	return e, access.Decide(principal, e.Role, r).Err()
}

// CanAnywhere reports whether a sender is allowed r in any organization.
func (a *Authorizer) CanAnywhere(ctx context.Context, principal access.Principal, r access.Request) (bool, error) {
	all, err := a.Memberships(ctx, principal)
	return slices.ContainsFunc(all, func(m postgres.Membership) bool {
		return access.Decide(principal, access.Role(m.Role), r).Allowed
	}), err
}

// By returns the sender of a request as recorded in the audit log.
func By(c *fiber.Ctx, principal access.Principal) audit.Attribution {
	kind := audit.User
	if principal.Kind == access.Token {
		kind = audit.Token
	}
	return audit.Attribution{
		Actor:     audit.Actor{Kind: kind, ID: principal.UserID.String(), Name: principal.Name},
		RequestID: middleware.ID(c), Source: middleware.Source(c),
	}
}
