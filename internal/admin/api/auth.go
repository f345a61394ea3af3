package api

import (
	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/fault"
)

// requireUser authenticates the sender and refuses query parameters that the route doesn't
// accept.
func (a *API) requireUser(handle func(*request) error, t ...string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		principal, session, err := a.Auth.Authenticate(c)
		if err != nil {
			return err
		}
		if err := queryParams(t).check(c); err != nil {
			return err
		}
		return handle(&request{Ctx: c, principal: principal, session: session, params: t})
	}
}

// requireSession requires a session. It is for requests that concern the user personally,
// beyond the organizations that an access token grants.
func (a *API) requireSession(handle func(*request) error) fiber.Handler {
	return a.requireUser(func(v *request) error {
		if v.principal.Kind != access.User {
			return fault.New(fault.Forbidden, "session_required", "Access tokens can't do that; sign in with a password")
		}
		return handle(v)
	})
}

// requireMember requires that the sender is allowed r in the organization of the path. The answer
// is the same for an organization that doesn't exist and for one that the sender isn't
// a member of.
func (a *API) requireMember(r access.Request, handle func(*request) error, t ...string) fiber.Handler {
	return a.requireUser(func(v *request) error {
		e, err := a.Auth.Authorize(v.UserContext(), v.principal, v.Params("org"), r)
		if err != nil {
			return err
		}
		v.org, v.role = e.Organization, e.Role
		return handle(v)
	}, t...)
}

// requireToken requires that the sender is allowed r in the organization that the access
// token grants. A session isn't enough: it belongs to a user and doesn't determine an
// organization.
func (a *API) requireToken(r access.Request, handle func(*request) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		principal, err := a.Auth.Token(c)
		if err != nil {
			return err
		}
		e, err := a.Auth.AuthorizeToken(c, principal, r)
		if err != nil {
			return err
		}
		return handle(&request{Ctx: c, principal: principal, org: e.Organization, role: e.Role})
	}
}
