package api

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/fault"
)

// known lets in whoever proves who they are, with a query that the route takes.
func (a *API) known(handle func(*visit) error, t ...string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		who, session, err := a.Gate.Who(c)
		if err != nil {
			return err
		}
		if err := takes(t).check(c); err != nil {
			return err
		}
		return handle(&visit{Ctx: c, who: who, session: session, takes: t})
	}
}

// in lets in whoever may do that in the organization of the path. An
// organization that isn't there and one that isn't theirs get the same answer.
func (a *API) in(r access.Request, handle func(*visit) error, t ...string) fiber.Handler {
	return a.known(func(v *visit) error {
		if err := a.enter(v, v.Params("org")); err != nil {
			return err
		}
		if err := v.may(r).Err(); err != nil {
			return err
		}
		return handle(v)
	}, t...)
}

// enter finds an organization, by its id or slug, and the visitor's role in it.
func (a *API) enter(v *visit, ref string) error {
	org, err := a.DB.Organization(v.UserContext(), ref)
	if fault.Is(err, fault.NotFound) {
		return access.NoSuchOrganization()
	}
	if err != nil {
		return err
	}
	v.org = org
	if v.who.Kind == access.Token {
		opens, err := a.DB.TokenOpens(v.UserContext(), v.who.TokenID)
		if err != nil {
			return err
		}
		if !slices.Contains(opens, org.ID) {
			return access.NoSuchOrganization()
		}
	}
	role, err := a.DB.Role(v.UserContext(), org.ID, v.who.UserID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	v.role = access.Role(role)
	return nil
}
