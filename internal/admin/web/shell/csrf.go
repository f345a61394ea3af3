package shell

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/signin"
	"orgmodes/internal/fault"
)

// Another site's page can have a browser send a form of ours, with our cookie.
// Two things keep it from doing harm, and each would be enough:
//
//   - what browsers say of where a request comes from (Sec-Fetch-Site, Origin),
//     by net/http's rules, on every request that changes something, the sign-in
//     form included;
//   - a token bound to the session, in a field of each form or a header: a
//     foreign page can't read it.
//
// The token stands in pages that are compressed and may repeat what was sent, so
// it looks different in each: a random pad, and the token XORed with it.

// csrfField is the name of the token's field in a form; userField says who filled
// the form in.
const (
	CSRFField = "_csrf"
	userField = "_user"
)

// fromOurPages refuses what browsers say to come from another site's page.
func (s *Shell) fromOurPages(c *fiber.Ctx) error {
	r := &http.Request{
		Method: c.Method(), Host: string(c.Context().Host()), URL: &url.URL{Path: c.Path()},
		Header: http.Header{"Sec-Fetch-Site": {c.Get("Sec-Fetch-Site")}, "Origin": {c.Get(fiber.HeaderOrigin)}},
	}
	if err := s.origins.Check(r); err != nil {
		return fault.New(fault.Forbidden, "cross_origin",
			"This was sent from a page of another site, so it was not done. If you meant it, do it here").Because(err)
	}
	return nil
}

// who authenticates the sender by a session. The token of a form stands in for the
// header that a form can't send. Access tokens are for the API: pages don't take them.
func (s *Shell) who(c *fiber.Ctx) (access.Principal, *signin.Session, error) {
	masked := ""
	if !safe(c.Method()) {
		if masked = c.Get(signin.HeaderCSRF); masked == "" {
			masked = c.FormValue(CSRFField)
		}
	}
	return s.Auth.Session(c, unmask(masked))
}

func safe(method string) bool {
	return method == fiber.MethodGet || method == fiber.MethodHead || method == fiber.MethodOptions
}

// mask hides a token in base64 of a pad and the token XORed with it.
func mask(token string) string {
	b := make([]byte, 2*len(token))
	pad, rest := b[:len(token)], b[len(token):]
	_, _ = rand.Read(pad) // crypto/rand never fails: it ends the program
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
