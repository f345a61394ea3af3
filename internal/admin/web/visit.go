package web

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/authz"
	"orgmodes/internal/admin/signin"
	"orgmodes/internal/audit"
	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
)

// visit is one request for a page.
type visit struct {
	*fiber.Ctx
	w     *Web
	nonce string
	// who and session are those of somebody signed in.
	who     access.Principal
	session *signin.Session
	// masked is the session's token as it stands in this answer.
	masked string
	// orgs are all that the visitor is a member of; org and role are set below
	// /orgs/:org.
	orgs []postgres.Membership
	org  organization.Organization
	role access.Role
	// compares is made by budget.
	compares *diff.Budget
}

// budget bounds all that the answer compares, together.
func (v *visit) budget() *diff.Budget {
	if v.compares == nil {
		v.compares = diff.NewBudget(v.UserContext(), diff.DefaultSteps)
	}
	return v.compares
}

// by is who acts, for the audit log.
func (v *visit) by() audit.By { return authz.By(v.Ctx, v.who) }

// may decides about something in the organization of the visit: the same check
// that guards the action.
func (v *visit) may(r access.Request) access.Verdict { return access.Decide(v.who, v.role, r) }

// path is that of a page of the visit's organization.
func (v *visit) path(page string) string { return "/orgs/" + v.org.Slug + page }

// hx says whether htmx asks, for a part of a page.
func (v *visit) hx() bool { return v.Get("HX-Request") == "true" }

// open lets everybody in.
func (w *Web) open(handle func(*visit) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v := w.visit(c)
		if err := w.fromOurPages(c); err != nil {
			return err
		}
		return handle(v)
	}
}

// known lets in whoever is signed in; others sign in first, and come back. It refuses
// forms that can't be stored.
func (w *Web) known(handle func(*visit) error) fiber.Handler {
	return w.open(func(v *visit) error {
		who, session, err := w.who(v.Ctx)
		if fault.Is(err, fault.Unauthenticated) {
			return w.signInFirst(v)
		}
		v.who, v.session = who, session
		switch {
		case signin.IsForged(err):
			// It came from our page, as open has found out, but of another session.
			if flaw := formFlaw(v.Ctx); flaw != "" {
				return w.refuseForm(v, flaw) // the token may be missing for that
			}
			return w.sendAgain(v, http.StatusForbidden, keptOf(v.Ctx))
		case err != nil:
			return err
		}
		if flaw := formFlaw(v.Ctx); flaw != "" {
			return w.refuseForm(v, flaw)
		}
		if v.orgs, err = w.Auth.Memberships(v.UserContext(), who); err != nil {
			return err
		}
		return handle(v)
	})
}

// refuseForm answers a form that can't be stored: on a page with everything that was
// typed, to be sent again without the flaw, or to a script.
func (w *Web) refuseForm(v *visit, flaw string) error {
	k := keptOf(v.Ctx)
	if len(k.Fields) == 0 && !k.TooLarge || v.hx() || v.Get("X-Requested-With") != "" || k.User != "" && k.User != v.who.UserID.String() {
		return fault.New(fault.Malformed, "malformed_form", "%s", flaw)
	}
	k.Flaw = flaw
	return w.sendAgain(v, http.StatusBadRequest, k)
}

// in lets in whoever may do that in the organization of the path. An
// organization that isn't there and one that isn't theirs get the same answer.
func (w *Web) in(r access.Request, handle func(*visit) error) fiber.Handler {
	return w.known(func(v *visit) error {
		e, err := authz.EnterOneOf(v.orgs, v.who, v.Params("org"), r)
		v.org, v.role = e.Organization, e.Role // for the page that tells of a refusal, too
		if err != nil {
			return err
		}
		return handle(v)
	})
}

// visit begins one: with the headers that are right for every page.
func (w *Web) visit(c *fiber.Ctx) *visit {
	if v, ok := c.Locals(visitKey).(*visit); ok {
		return v
	}
	v := &visit{Ctx: c, w: w, nonce: newNonce()}
	c.Locals(visitKey, v)
	c.Set(fiber.HeaderContentSecurityPolicy, policy(v.nonce))
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderVary, "Cookie, HX-Request")
	c.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	return v
}

type key int

const visitKey key = iota
