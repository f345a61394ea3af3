package shell

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/authz"
	"orgmodes/internal/admin/signin"
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
	// Visitor and session are those of somebody signed in.
	Visitor access.Principal
	session *signin.Session
	// masked is the session's token as it stands in this answer.
	masked string
	// Orgs are all that the visitor is a member of; org and role are set below
	// /orgs/:org.
	Orgs []postgres.Membership
	Org  organization.Organization
	role access.Role
	// compares is made by budget.
	compares *diff.Budget
}

// Budget bounds all that the answer compares, together.
func (v *Visit) Budget() *diff.Budget {
	if v.compares == nil {
		v.compares = diff.NewBudget(v.UserContext(), diff.DefaultSteps)
	}
	return v.compares
}

// By is who acts, for the audit log.
func (v *Visit) By() audit.By { return authz.By(v.Ctx, v.Visitor) }

// May decides about something in the organization of the visit: the same check
// that guards the action.
func (v *Visit) May(r access.Request) access.Verdict { return access.Decide(v.Visitor, v.role, r) }

// Can is what the visitor may do with objects of a kind, as the API lists it.
func (v *Visit) Can(kind string) actions.Verdicts {
	return actions.VerdictsOn(v.shell.DB.Objects(kind).Names(), v.May)
}

// Address is that of a page of the visit's organization.
func (v *Visit) Address(page string) string { return "/orgs/" + v.Org.Slug + page }

// HX says whether htmx asks, for a part of a page.
func (v *Visit) HX() bool { return v.Get("HX-Request") == "true" }

// LeadsTo says whether there is a page at a path as in routes.go: nothing links to what
// isn't there.
func (v *Visit) LeadsTo(path string) bool { _, ok := v.shell.pages[path]; return ok }

// Open lets everybody in.
func (s *Shell) Open(handle func(*Visit) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v := s.visit(c)
		if err := s.fromOurPages(c); err != nil {
			return err
		}
		return handle(v)
	}
}

// Known lets in whoever is signed in; others sign in first, and come back. It refuses
// forms that can't be stored.
func (s *Shell) Known(handle func(*Visit) error) fiber.Handler {
	return s.Open(func(v *Visit) error {
		who, session, err := s.who(v.Ctx)
		if fault.Is(err, fault.Unauthenticated) {
			return s.signInFirst(v)
		}
		v.Visitor, v.session = who, session
		switch {
		case signin.IsForged(err):
			// It came from our page, as open has found out, but of another session.
			if flaw := formFlaw(v.Ctx); flaw != "" {
				return s.refuseForm(v, flaw) // the token may be missing for that
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

// refuseForm answers a form that can't be stored: on a page with everything that was
// typed, to be sent again without the flaw, or to a script.
func (s *Shell) refuseForm(v *Visit, flaw string) error {
	k := keptOf(v.Ctx)
	if len(k.Fields) == 0 && !k.TooLarge || v.HX() || v.Get("X-Requested-With") != "" || k.User != "" && k.User != v.Visitor.UserID.String() {
		return fault.New(fault.Malformed, "malformed_form", "%s", flaw)
	}
	k.Flaw = flaw
	return s.sendAgain(v, http.StatusBadRequest, k)
}

// in lets in whoever may do that in the organization of the path. An
// organization that isn't there and one that isn't theirs get the same answer.
func (s *Shell) in(r access.Request, handle func(*Visit) error) fiber.Handler {
	return s.Known(func(v *Visit) error {
		e, err := authz.EnterOneOf(v.Orgs, v.Visitor, v.Params("org"), r)
		v.Org, v.role = e.Organization, e.Role // for the page that tells of a refusal, too
		if err != nil {
			return err
		}
		return handle(v)
	})
}

// visit begins one: with the headers that are right for every page.
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
