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

// Request is one request for a page or an action. It embeds the request and the response of
// Fiber.
type Request struct {
	*fiber.Ctx
	shell *Shell
	nonce string
	// Principal is the visitor. RequireUser and a successful SignIn set it; otherwise it is
	// zero.
	Principal access.Principal
	// session is set if the visitor is signed in.
	session *auth.Session
	// masked is the session's CSRF token as masked for this response.
	masked string
	// Orgs lists the organizations that the visitor is a member of, by name. RequireUser sets
	// it.
	Orgs []postgres.Membership
	// Org is the organization in the path. It is zero outside of /orgs/:org.
	Org organization.Organization
	// role is the visitor's role in Org; access.None outside of /orgs/:org.
	role access.Role
	// diffBudget is created by DiffBudget.
	diffBudget *diff.Budget
}

// DiffBudget returns the budget that all comparisons in the response share. It bounds their
// work to diff.DefaultSteps, and ends with the request's context.
func (v *Request) DiffBudget() *diff.Budget {
	if v.diffBudget == nil {
		v.diffBudget = diff.NewBudget(v.UserContext(), diff.DefaultSteps)
	}
	return v.diffBudget
}

// By returns the visitor and the request as the audit log records them, to be passed to
// methods of DB that change something.
func (v *Request) By() audit.Attribution { return authz.By(v.Ctx, v.Principal) }

// May returns the decision on whether the visitor is allowed to perform r in the
// organization of the request, as made for the routes that require r.
func (v *Request) May(r access.Request) access.Decision { return access.Decide(v.Principal, v.role, r) }

// Can returns the decisions on whether the visitor is allowed to create, change, delete and
// so on objects of a kind, as the API makes them. kind is the Singular in the kind's
// resource.Names, such as "mode". Can panics if no such kind is registered.
func (v *Request) Can(kind string) actions.Verdicts {
	return actions.NewVerdicts(v.shell.DB.Objects(kind).Names(), v.May)
}

// Address returns the address of a page of the request's organization: "/orgs/acme/modes"
// for the page "/modes".
func (v *Request) Address(page string) string { return "/orgs/" + v.Org.Slug + page }

// IsHTMX reports whether a script requests only a part of a page: the header HX-Request, which
// htmx sets, is "true".
func (v *Request) IsHTMX() bool { return v.Get("HX-Request") == "true" }

// HasRoute reports whether a page is registered for the pattern path, as passed to
// Routes.Get or Routes.Nav: "/modes/:mode". Pages link only to pages that exist.
func (v *Request) HasRoute(path string) bool { _, ok := v.shell.pages[path]; return ok }

// AllowAnonymous wraps a handler that needs no sign-in. It does not authenticate the visitor,
// so the fields of the Request are zero. A request other than GET, HEAD and OPTIONS from
// another site's page, according to the browser's headers, is a Forbidden fault.
func (s *Shell) AllowAnonymous(handle func(*Request) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v := s.request(c)
		if err := s.checkOrigin(c); err != nil {
			return err
		}
		return handle(v)
	}
}

// RequireUser wraps a handler for signed-in users, and sets Principal and Orgs. It rejects
// the requests that AllowAnonymous rejects.
//
// A visitor without a session is sent to the sign-in form, and back to the page afterwards. A
// submitted form of up to 512 KiB is kept, without files, and its author is then asked to
// submit it again. The author of a form without the CSRF token of the session, or with text
// that the database cannot store (invalid UTF-8 or U+0000), is asked as well. A script
// without a session gets an Unauthenticated fault and the header HX-Redirect.
func (s *Shell) RequireUser(handle func(*Request) error) fiber.Handler {
	return s.AllowAnonymous(func(v *Request) error {
		principal, session, err := s.authenticate(v.Ctx)
		if fault.Is(err, fault.Unauthenticated) {
			return s.promptSignIn(v)
		}
		v.Principal, v.session = principal, session
		switch {
		case auth.IsForged(err):
			// AllowAnonymous has checked the origin, so the form is from a page of this
			// site, but of another session.
			if reason := unstorableReason(v.Ctx); reason != "" {
				return s.refuseForm(v, reason) // this can be why the token is missing
			}
			return s.confirmResubmit(v, http.StatusForbidden, savedFormOf(v.Ctx))
		case err != nil:
			return err
		}
		if reason := unstorableReason(v.Ctx); reason != "" {
			return s.refuseForm(v, reason)
		}
		if v.Orgs, err = s.Auth.Memberships(v.UserContext(), principal); err != nil {
			return err
		}
		return handle(v)
	})
}

// refuseForm rejects a form that cannot be stored. Its author gets a page with all input,
// to submit it again without what can't be stored; scripts get an error.
func (s *Shell) refuseForm(v *Request, reason string) error {
	form := savedFormOf(v.Ctx)
	if len(form.Fields) == 0 && !form.TooLarge || v.IsHTMX() || v.Get("X-Requested-With") != "" || form.User != "" && form.User != v.Principal.UserID.String() {
		return fault.New(fault.Malformed, "malformed_form", "%s", reason)
	}
	form.RejectReason = reason
	return s.confirmResubmit(v, http.StatusBadRequest, form)
}

// requireMember wraps a handler for visitors who are allowed to perform r in the
// organization of the path. The response for an organization that does not exist is the
// same as for one that the visitor is not a member of.
func (s *Shell) requireMember(r access.Request, handle func(*Request) error) fiber.Handler {
	return s.RequireUser(func(v *Request) error {
		membership, err := authz.AuthorizeAmong(v.Orgs, v.Principal, v.Params("org"), r)
		v.Org, v.role = membership.Organization, membership.Role // also for the page about a refusal
		if err != nil {
			return err
		}
		return handle(v)
	})
}

// request returns the Request of c. On the first call it creates the Request and sets the
// headers common to all pages.
func (s *Shell) request(c *fiber.Ctx) *Request {
	if v, ok := c.Locals(requestKey).(*Request); ok {
		return v
	}
	v := &Request{Ctx: c, shell: s, nonce: newNonce()}
	c.Locals(requestKey, v)
	c.Set(fiber.HeaderContentSecurityPolicy, policy(v.nonce))
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderVary, "Cookie, HX-Request")
	c.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	return v
}

type contextKey int

const requestKey contextKey = iota
