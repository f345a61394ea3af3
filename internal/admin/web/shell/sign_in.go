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
	Form   Form
	Return string
	Kept   string
	// TooLarge reports whether the submitted form was too large to be carried along.
	TooLarge bool
	// Over reports whether the user was signed in before and no longer is.
	Over bool
}

// SignInForm shows the sign-in form. It redirects users who are signed in.
func (s *Shell) SignInForm(v *Visit) error {
	back := returnTo(v.Query("return"))
	if _, _, err := s.who(v.Ctx); err == nil {
		return v.Redirect(back, http.StatusSeeOther)
	}
	return v.showSignIn(http.StatusOK, signInData{Return: back, Over: back != "/"})
}

func (v *Visit) showSignIn(status int, d signInData) error {
	v.Status(status)
	return v.Show("sign_in", Page{Title: "Sign in", Bare: true, Data: d})
}

// SignIn opens a session. Whether the email or the password is wrong, the response is the
// same and takes the same time. Too many attempts are refused.
func (s *Shell) SignIn(v *Visit) error {
	f := ReadForm(v.Ctx)
	flaw := formFlaw(v.Ctx)
	f.Fields = storableFields(f.Fields)
	if len(f.Get("email")) > maxAddress {
		f.Fields.Set("email", "") // the response would repeat it
	}
	d := signInData{Form: f, Return: returnTo(f.Get("return"))}
	if kept := f.Get("kept"); len(kept) <= maxKept {
		d.Kept = kept
	}
	if flaw != "" {
		d.Form = f.forget("password").Refuse("", flaw)
		return v.showSignIn(http.StatusBadRequest, d)
	}
	u, session, err := s.Auth.In(v.Ctx, middleware.Source(v.Ctx), f.Get("email"), f.Get("password"))
	if err != nil {
		if !fault.Is(err, fault.Unauthenticated) && !fault.Is(err, fault.Exhausted) {
			return err
		}
		p := problem.Of(err)
		d.Form = f.forget("password").Refuse("", p.Detail)
		return v.showSignIn(p.Status, d)
	}
	v.Visitor = access.Principal{Kind: access.User, UserID: u.ID, Name: u.Name, Email: u.Email}
	v.session = &session
	if k, ok := parseKept(d.Kept); ok {
		return s.sendAgain(v, http.StatusOK, k)
	}
	return v.Redirect(d.Return, http.StatusSeeOther)
}

// SignOut ends the session.
func (s *Shell) SignOut(v *Visit) error {
	if err := s.Auth.Out(v.Ctx); err != nil {
		return err
	}
	return v.Redirect("/sign-in", http.StatusSeeOther)
}

// signInFirst sends a visitor who is not signed in to the sign-in form, and back to the
// same page afterwards. A submitted form is carried along (see kept).
func (s *Shell) signInFirst(v *Visit) error {
	back := v.OriginalURL()
	if !safe(v.Method()) || v.HX() {
		back = pageOf(v.Get(fiber.HeaderReferer))
	}
	to := "/sign-in"
	if back != "/" {
		to += "?return=" + url.QueryEscape(back)
	}
	switch {
	case v.HX() || v.Get("X-Requested-With") != "":
		v.Set("HX-Redirect", to)
		return fault.New(fault.Unauthenticated, "session_ended", "You are signed out. Sign in again to continue")
	case safe(v.Method()):
		return v.Redirect(to, http.StatusSeeOther)
	case v.Path() == "/sign-out":
		return v.Redirect("/sign-in", http.StatusSeeOther)
	}
	d := signInData{Return: returnTo(back), Over: true}
	if k := keptOf(v.Ctx); k.TooLarge {
		d.TooLarge = true
	} else {
		d.Kept = k.String()
	}
	return v.showSignIn(http.StatusUnauthorized, d)
}

const (
	// maxAddress is longer than any email address, in bytes.
	maxAddress = 1 << 10
	// maxPath is longer than any path of this site, in bytes.
	maxPath = 4 << 10
)

// returnTo returns path if it is a page of this site to return to after signing in, else
// "/".
func returnTo(path string) string {
	if !local(path) || strings.HasPrefix(path, "/sign-") {
		return "/"
	}
	return path
}

// local reports whether a path stays on this site. Browsers take "//host" and "/\host" for
// another site, and drop tabs and newlines.
func local(path string) bool {
	if len(path) > maxPath || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f }) {
		return false
	}
	u, err := url.Parse(path)
	return err == nil && u.Host == "" && u.Scheme == ""
}

// pageOf returns the path and query of a Referer, or "/" if there is none.
func pageOf(referer string) string {
	u, err := url.Parse(referer)
	if err != nil || u.Path == "" {
		return "/"
	}
	return u.RequestURI()
}
