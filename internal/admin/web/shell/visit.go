package shell

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/auth"
	"orgmodes/internal/admin/authz"
	"orgmodes/internal/audit"
	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
)

// Visit is one request for a page.
type Visit struct {
	*fiber.Ctx
	shell *Shell
	nonce string
	// Visitor and session are set if the visitor is signed in.
	Visitor access.Principal
	session *auth.Session
	// masked is the session's CSRF token as masked for this response.
	masked string
	// Orgs lists the organizations that the visitor is a member of. Org and role are set
	// below /orgs/:org.
	Orgs []postgres.Membership
	Org  organization.Organization
	role access.Role
	// compares is created by Budget.
	compares *diff.Budget
}

// Budget returns the budget shared by all comparisons of the response.
func (v *Visit) Budget() *diff.Budget {
	if v.compares == nil {
		v.compares = diff.NewBudget(v.UserContext(), diff.DefaultSteps)
	}
	return v.compares
}

// By returns the actor for the audit log.
func (v *Visit) By() audit.By { return authz.By(v.Ctx, v.Visitor) }

// May decides whether the visitor is allowed to perform r in the organization of the visit.
// It is the same check that guards the action.
func (v *Visit) May(r access.Request) access.Verdict { return access.Decide(v.Visitor, v.role, r) }

// Can returns which actions on objects of a kind the visitor is allowed to perform, as the
// API lists them.
func (v *Visit) Can(kind string) actions.Verdicts {
	return actions.VerdictsOn(v.shell.DB.Objects(kind).Names(), v.May)
}

// Address returns the path of a page of the visit's organization.
func (v *Visit) Address(page string) string { return "/orgs/" + v.Org.Slug + page }

// HX reports whether htmx requests a part of a page.
func (v *Visit) HX() bool { return v.Get("HX-Request") == "true" }

// LeadsTo reports whether a page exists at a path, given as in routes.go. It prevents links
// to pages that do not exist.
func (v *Visit) LeadsTo(path string) bool { _, ok := v.shell.pages[path]; return ok }

// Open wraps a handler that needs no sign-in. It rejects requests from other sites.
func (s *Shell) Open(handle func(*Visit) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v := s.visit(c)
		if err := s.fromOurPages(c); err != nil {
			return err
		}
		return handle(v)
	}
}

// Known wraps a handler for signed-in users. Others are sent to sign in and then back. It
// rejects forms that cannot be stored.
func (s *Shell) Known(handle func(*Visit) error) fiber.Handler {
	return s.Open(func(v *Visit) error {
		who, session, err := s.who(v.Ctx)
		if fault.Is(err, fault.Unauthenticated) {
			return s.signInFirst(v)
		}
		v.Visitor, v.session = who, session
		switch {
		case auth.IsForged(err):
			// Open has checked the origin, so the form is from a page of this site, but of
			// another session.
			if flaw := formFlaw(v.Ctx); flaw != "" {
				return s.refuseForm(v, flaw) // the flaw can be why the token is missing
			}
			return s.sendAgain(v, http.StatusForbidden, keptOf(v.Ctx))
		case err != nil:
			return err
		}
		if flaw := formFlaw(v.Ctx); flaw != "" {
			return s.refuseForm(v, flaw)
		}
		if v.Orgs, err = s.Auth.Memberships(v.UserContext(), who); err != nil {
			return err
		}
		return handle(v)
	})
}

// refuseForm rejects a form that cannot be stored. Its author gets a page with all input,
// to submit it again without the flaw; scripts get an error.
func (s *Shell) refuseForm(v *Visit, flaw string) error {
	k := keptOf(v.Ctx)
	if len(k.Fields) == 0 && !k.TooLarge || v.HX() || v.Get("X-Requested-With") != "" || k.User != "" && k.User != v.Visitor.UserID.String() {
		return fault.New(fault.Malformed, "malformed_form", "%s", flaw)
	}
	k.Flaw = flaw
	return s.sendAgain(v, http.StatusBadRequest, k)
}

// in wraps a handler for visitors who are allowed to perform r in the organization of the
// path. The response for an organization that does not exist is the same as for one that
// the visitor is not a member of.
func (s *Shell) in(r access.Request, handle func(*Visit) error) fiber.Handler {
	return s.Known(func(v *Visit) error {
		e, err := authz.EnterOneOf(v.Orgs, v.Visitor, v.Params("org"), r)
		v.Org, v.role = e.Organization, e.Role // also for the page about a refusal
		if err != nil {
			return err
		}
		return handle(v)
	})
}

// visit returns the visit of a request. On the first call it creates the visit and sets the
// headers common to all pages.
func (s *Shell) visit(c *fiber.Ctx) *Visit {
	if v, ok := c.Locals(visitKey).(*Visit); ok {
		return v
	}
	v := &Visit{Ctx: c, shell: s, nonce: newNonce()}
	c.Locals(visitKey, v)
	c.Set(fiber.HeaderContentSecurityPolicy, policy(v.nonce))
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderVary, "Cookie, HX-Request")
	c.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	return v
}

type key int

const visitKey key = iota
