package api

import (
	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/fault"
)

// known authenticates the sender and refuses query parameters that the route doesn't
// accept.
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

// signedIn requires a session. It is for requests that concern the user personally,
// beyond the organizations that an access token opens.
func (a *API) signedIn(handle func(*visit) error) fiber.Handler {
	return a.known(func(v *visit) error {
		if v.who.Kind != access.User {
			return fault.New(fault.Forbidden, "session_required", "Access tokens can't do that; sign in with a password")
		}
		return handle(v)
	})
}

// in requires that the sender is allowed r in the organization of the path. The answer
// is the same for an organization that doesn't exist and for one that the sender isn't
// a member of.
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

// ofToken requires that the sender is allowed r in the organization that the access
// token opens. A session isn't enough: it belongs to a user and doesn't determine an
// organization.
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
