package api

import (
	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/fault"
)

// known lets in whoever proves who they are, with a query that the route takes.
func (a *API) known(handle func(*visit) error, t ...string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		who, session, err := a.Auth.Who(c)
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
		e, err := a.Auth.Enter(v.UserContext(), v.who, v.Params("org"), r)
		if err != nil {
			return err
		}
		v.org, v.role = e.Organization, e.Role
		return handle(v)
	}, t...)
}

// ofToken lets in whoever may do that in the organization that the access token
// opens. A session is not enough: it is of a person, and says of no organization.
func (a *API) ofToken(r access.Request, handle func(*visit) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		who, err := a.Auth.Token(c)
		if err != nil {
			return err
		}
		e, err := a.Auth.EnterByToken(c, who, r)
		if err != nil {
			return err
		}
		return handle(&visit{Ctx: c, who: who, org: e.Organization, role: e.Role})
	}
}
