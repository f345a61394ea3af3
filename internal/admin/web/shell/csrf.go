package shell

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/auth"
	"orgmodes/internal/fault"
)

// A page of another site can make a browser submit a form to this one, with its cookie
// (cross-site request forgery). Two independent checks prevent it:
//
//   - the origin of the request as reported by the browser (Sec-Fetch-Site, Origin), by the
//     rules of net/http, for every request that changes something, including the sign-in
//     form;
//   - a token bound to the session, in a form field or a header. Pages of other sites
//     cannot read it.
//
// The token is part of compressed pages, which can repeat submitted text. So it is masked
// differently in each response: a random pad, followed by the token XORed with the pad.

const (
	// CSRFField is the name of the hidden form field that carries the CSRF token, the value
	// of View.CSRF. RequireUser requires it, or the header auth.HeaderCSRF, for a POST.
	CSRFField = "_csrf"
	// userField is the form field with the id of the user who filled in the form.
	userField = "_user"
)

// checkOrigin rejects requests that, according to the browser, come from another site.
func (s *Shell) checkOrigin(c *fiber.Ctx) error {
	r := &http.Request{
		Method: c.Method(), Host: string(c.Context().Host()), URL: &url.URL{Path: c.Path()},
		Header: http.Header{"Sec-Fetch-Site": {c.Get("Sec-Fetch-Site")}, "Origin": {c.Get(fiber.HeaderOrigin)}},
	}
	if err := s.origins.Check(r); err != nil {
		return fault.New(fault.Forbidden, "cross_origin",
			"This request came from another site, so it was refused. To do this, repeat it on this page").WithCause(err)
	}
	return nil
}

// authenticate authenticates the user by session. Forms cannot send a header, so the CSRF
// token can be in a form field instead. Access tokens are for the API only; pages do not
// accept them.
func (s *Shell) authenticate(c *fiber.Ctx) (access.Principal, *auth.Session, error) {
	masked := ""
	if !isSafeMethod(c.Method()) {
		if masked = c.Get(auth.HeaderCSRF); masked == "" {
			masked = c.FormValue(CSRFField)
		}
	}
	return s.Auth.Session(c, unmask(masked))
}

func isSafeMethod(method string) bool {
	return method == fiber.MethodGet || method == fiber.MethodHead || method == fiber.MethodOptions
}

// mask returns a random pad, followed by the token XORed with it, in base64.
func mask(token string) string {
	b := make([]byte, 2*len(token))
	pad, rest := b[:len(token)], b[len(token):]
	_, _ = rand.Read(pad) // never returns an error: a failure crashes the program
	subtle.XORBytes(rest, []byte(token), pad)
	return base64.RawURLEncoding.EncodeToString(b)
}

func unmask(masked string) string {
	b, err := base64.RawURLEncoding.DecodeString(masked)
	if err != nil || len(b)%2 != 0 {
		return ""
	}
	pad, rest := b[:len(b)/2], b[len(b)/2:]
	subtle.XORBytes(rest, rest, pad)
	return string(rest)
}
