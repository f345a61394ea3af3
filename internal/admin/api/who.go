package api

import (
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

// signedIn lets in whoever signed in with a password: for what concerns the person,
// beyond the organizations that an access token opens.
func (a *API) signedIn(handle func(*visit) error) fiber.Handler {
	return a.known(func(v *visit) error {
		if v.who.Kind != access.User {
			return fault.New(fault.Forbidden, "session_required", "An access token can't do that: it is up to the person, signed in with a password")
		}
		return handle(v)
	})
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

// enter finds an organization, by its id or slug, and the visitor's role in it. One
// that isn't there and one that isn't theirs take the same steps.
func (a *API) enter(v *visit, ref string) error {
	org, role, err := a.DB.Enter(v.UserContext(), ref, v.who.UserID, v.who.TokenID)
	if fault.Is(err, fault.NotFound) {
		return access.NoSuchOrganization()
	}
	if err != nil {
		return err
	}
	v.org, v.role = org, access.Role(role)
	return nil
}
