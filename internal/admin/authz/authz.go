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

// HeaderOrganization names one of the organizations that an access token opens. The
// readers use the same header.
const HeaderOrganization = "X-KiloCode-OrganizationId"

// Authorizer authorizes requests.
//
// A request costs the same whether its organization doesn't exist or is inaccessible:
// one query for the sender, and one for memberships.
type Authorizer struct {
	*auth.Gate
	db *postgres.DB
}

// New returns an Authorizer of the members in db, whom the gate authenticates.
func New(gate *auth.Gate, db *postgres.DB) *Authorizer { return &Authorizer{gate, db} }

// Entry is an organization with the role that a sender has in it.
type Entry struct {
	Organization organization.Organization
	Role         access.Role
}

// Memberships lists by name the organizations that a sender can see: those of which the
// user is a member and, for an access token, that it opens.
func (a *Authorizer) Memberships(ctx context.Context, who access.Principal) ([]postgres.Membership, error) {
	return a.db.Memberships(ctx, who.UserID, postgres.MembershipFilter{Token: who.TokenID})
}

// Enter authorizes a request in the organization with that id or slug. The error is
// NotFound for an organization that doesn't exist or isn't visible to the sender. It is
// Forbidden, with the entry, if the role or the token doesn't allow r.
func (a *Authorizer) Enter(ctx context.Context, who access.Principal, ref string, r access.Request) (Entry, error) {
	if ref == "" {
		return Entry{}, access.NoSuchOrganization()
	}
	all, err := a.db.Memberships(ctx, who.UserID, postgres.MembershipFilter{Token: who.TokenID, Ref: ref})
	if err != nil {
		return Entry{}, err
	}
	return EnterOneOf(all, who, ref, r)
}

// EnterOneOf is Enter for a sender whose Memberships are known already.
func EnterOneOf(all []postgres.Membership, who access.Principal, ref string, r access.Request) (Entry, error) {
	i := slices.IndexFunc(all, func(m postgres.Membership) bool {
		return strings.EqualFold(m.Slug, ref) || strings.EqualFold(m.ID.String(), ref)
	})
	if i < 0 {
		return Entry{}, access.NoSuchOrganization()
	}
	return decide(all[i], who, r)
}

// EnterByToken is Enter for the organization in HeaderOrganization. Without that
// header, it uses the only organization that the access token opens. The error is
// Malformed if the token opens several, including deleted ones: a guess could change
// the wrong library.
func (a *Authorizer) EnterByToken(c *fiber.Ctx, who access.Principal, r access.Request) (Entry, error) {
	if ref := c.Get(HeaderOrganization); ref != "" {
		return a.Enter(c.UserContext(), who, ref, r)
	}
	all, err := a.db.Memberships(c.UserContext(), who.UserID, postgres.MembershipFilter{Token: who.TokenID, Deleted: true})
	switch {
	case err != nil:
		return Entry{}, err
	case len(all) > 1:
		return Entry{}, fault.New(fault.Malformed, "organization_ambiguous",
			"This access token has access to %d organizations; specify one in the header %s, or use /api/v1/organizations/{organization}/templates", len(all), HeaderOrganization)
	case len(all) == 0 || all[0].Deleted:
		return Entry{}, access.NoSuchOrganization()
	}
	return decide(all[0], who, r)
}

// Again returns a function that repeats the authorization of a request while it is
// being answered. It uses a copy of the same credentials.
func (a *Authorizer) Again(c *fiber.Ctx, ref string, r access.Request) func(context.Context) error {
	var credentials fasthttp.RequestHeader
	for _, name := range []string{fiber.HeaderAuthorization, fiber.HeaderCookie} {
		if value := c.Request().Header.Peek(name); len(value) > 0 {
			credentials.SetBytesV(name, value)
		}
	}
	return func(ctx context.Context) error {
		who, err := a.Sender(ctx, &credentials)
		if err != nil {
			return err
		}
		_, err = a.Enter(ctx, who, ref, r)
		return err
	}
}

func decide(m postgres.Membership, who access.Principal, r access.Request) (Entry, error) {
	e := Entry{m.Organization, access.Role(m.Role)}
	return e, access.Decide(who, e.Role, r).Err()
}

// CanAnywhere reports whether a sender is allowed r in any organization.
func (a *Authorizer) CanAnywhere(ctx context.Context, who access.Principal, r access.Request) (bool, error) {
	all, err := a.Memberships(ctx, who)
	return slices.ContainsFunc(all, func(m postgres.Membership) bool {
		return access.Decide(who, access.Role(m.Role), r).Allowed
	}), err
}

// By returns the sender of a request as recorded in the audit log.
func By(c *fiber.Ctx, who access.Principal) audit.By {
	kind := audit.User
	if who.Kind == access.Token {
		kind = audit.Token
	}
	return audit.By{
		Actor:     audit.Actor{Kind: kind, ID: who.UserID.String(), Name: who.Name},
		RequestID: middleware.ID(c), Source: middleware.Source(c),
	}
}
