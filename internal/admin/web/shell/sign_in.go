package shell

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/middleware"
	"orgmodes/internal/fault"
	"orgmodes/internal/problem"
)

// signInData is the data of the sign-in form.
type signInData struct {
	Form      Form
	Return    string
	SavedForm string
	// TooLarge reports whether the submitted form was too large to be carried along.
	TooLarge bool
	// SessionEnded reports whether the user was signed in before and no longer is.
	SessionEnded bool
}

// SignInForm serves GET /sign-in, the sign-in form. A visitor who is signed in is redirected to
// the page in ?return=, or to "/".
func (s *Shell) SignInForm(v *Request) error {
	back := safeReturnPath(v.Query("return"))
	if _, _, err := s.authenticate(v.Ctx); err == nil {
		return v.Redirect(back, http.StatusSeeOther)
	}
	return v.showSignIn(http.StatusOK, signInData{Return: back, SessionEnded: back != "/"})
}

func (v *Request) showSignIn(status int, d signInData) error {
	v.Status(status)
	return v.Show("sign_in", Page{Title: "Sign in", Bare: true, Data: d})
}

// SignIn handles POST /sign-in, with the form fields "email" and "password". It opens a session
// and redirects to the page that the visitor wanted to see. If that was a submitted form, it
// asks to submit it again instead. A wrong password (status 401) or too many of them (429)
// shows the form again. Neither the response nor its timing reveals whether the email or the
// password was wrong.
func (s *Shell) SignIn(v *Request) error {
	f := ReadForm(v.Ctx)
	reason := unstorableReason(v.Ctx)
	f.Fields = sanitizeFields(f.Fields)
	if len(f.Get("email")) > maxEmail {
		f.Fields.Set("email", "") // the response would repeat it
	}
	d := signInData{Form: f, Return: safeReturnPath(f.Get("return"))}
	if saved := f.Get("kept"); len(saved) <= maxSavedForm {
		d.SavedForm = saved
	}
	if reason != "" {
		d.Form = f.removeField("password").AddError("", reason)
		return v.showSignIn(http.StatusBadRequest, d)
	}
	u, session, err := s.Auth.SignIn(v.Ctx, middleware.Source(v.Ctx), f.Get("email"), f.Get("password"))
	if err != nil {
		if !fault.Is(err, fault.Unauthenticated) && !fault.Is(err, fault.Exhausted) {
			return err
		}
		p := problem.FromError(err)
		d.Form = f.removeField("password").AddError("", p.Detail)
		return v.showSignIn(p.Status, d)
	}
	v.Principal = access.Principal{Kind: access.User, UserID: u.ID, Name: u.Name, Email: u.Email}
	v.session = &session
	if k, ok := parseSavedForm(d.SavedForm); ok {
		return s.confirmResubmit(v, http.StatusOK, k)
	}
	return v.Redirect(d.Return, http.StatusSeeOther)
}

// SignOut handles POST /sign-out: it ends the session and redirects to the sign-in form. It is
// to be wrapped by RequireUser, which checks the CSRF token. The error is that of the database.
func (s *Shell) SignOut(v *Request) error {
	if err := s.Auth.SignOut(v.Ctx); err != nil {
		return err
	}
	return v.Redirect("/sign-in", http.StatusSeeOther)
}

// promptSignIn sends a visitor who is not signed in to the sign-in form, and back to the
// same page afterwards. A submitted form is carried along (see savedForm).
func (s *Shell) promptSignIn(v *Request) error {
	back := v.OriginalURL()
	if !isSafeMethod(v.Method()) || v.IsHTMX() {
		back = refererPath(v.Get(fiber.HeaderReferer))
	}
	to := "/sign-in"
	if back != "/" {
		to += "?return=" + url.QueryEscape(back)
	}
	switch {
	case v.IsHTMX() || v.Get("X-Requested-With") != "":
		v.Set("HX-Redirect", to)
		return fault.New(fault.Unauthenticated, "session_ended", "You are signed out. Sign in again to continue")
	case isSafeMethod(v.Method()):
		return v.Redirect(to, http.StatusSeeOther)
	case v.Path() == "/sign-out":
		return v.Redirect("/sign-in", http.StatusSeeOther)
	}
	d := signInData{Return: safeReturnPath(back), SessionEnded: true}
	if k := savedFormOf(v.Ctx); k.TooLarge {
		d.TooLarge = true
	} else {
		d.SavedForm = k.String()
	}
	return v.showSignIn(http.StatusUnauthorized, d)
}

const (
	// maxEmail is longer than any email address, in bytes.
	maxEmail = 1 << 10
	// maxPath is longer than any path of this site, in bytes.
	maxPath = 4 << 10
)

// safeReturnPath returns path if it is a page of this site to return to after signing in,
// else "/".
func safeReturnPath(path string) string {
	if !isLocalPath(path) || strings.HasPrefix(path, "/sign-") {
		return "/"
	}
	return path
}

// isLocalPath reports whether a path stays on this site. Browsers take "//host" and
// "/\host" for another site, and drop tabs and newlines.
func isLocalPath(path string) bool {
	if len(path) > maxPath || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f }) {
		return false
	}
	u, err := url.Parse(path)
	return err == nil && u.Host == "" && u.Scheme == ""
}

// refererPath returns the path and query of a Referer, or "/" if there is none.
func refererPath(referer string) string {
	u, err := url.Parse(referer)
	if err != nil || u.Path == "" {
		return "/"
	}
	return u.RequestURI()
}
