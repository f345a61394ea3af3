package shell

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Said is what the next page says about what was done.
type Said struct {
	Text string `json:"text"`
	// Undo is the form that undoes it; none where Path is empty.
	Undo *Undo `json:"undo,omitempty"`
	// Bad is for what went wrong.
	Bad bool `json:"bad,omitempty"`
}

// Undo is the form that takes back what was done.
type Undo struct {
	Path   string `json:"path"`
	Fields []Pair `json:"fields"`
}

const (
	flashLifetime = time.Minute
	// maxFlash is what fits into a cookie.
	maxFlash = 3500
)

func (s *Shell) flashName() string {
	if s.Auth.Secure() {
		return "__Host-orgmodes-said"
	}
	return "orgmodes-said"
}

// flash has the next page of this session say something. It travels in a cookie
// that is signed with the session, so nobody else sees or makes one.
func (v *Visit) flash(s Said) {
	b, err := json.Marshal(s)
	if err != nil {
		return // strings can always be written
	}
	value := base64.RawURLEncoding.EncodeToString(b)
	if len(value) > maxFlash && s.Undo != nil {
		s.Undo = nil
		v.flash(s)
		return
	}
	v.setFlash(value+"."+v.signature(value), time.Now().Add(flashLifetime))
}

func (v *Visit) setFlash(value string, expires time.Time) {
	v.Cookie(&fiber.Cookie{
		Name: v.shell.flashName(), Value: value, Path: "/", Expires: expires,
		Secure: v.shell.Auth.Secure(), HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	})
}

// byEvents is the X-Requested-With of scripts that load a page for a part of it,
// because something happened (events.js).
const byEvents = "events"

// takeFlash is what is to be said, once: to whoever loads the whole page.
func (v *Visit) takeFlash() *Said {
	cookie := v.Cookies(v.shell.flashName())
	if cookie == "" || v.session == nil || v.Get("X-Requested-With") == byEvents {
		return nil
	}
	v.setFlash("", time.Unix(1, 0))
	value, signature, _ := strings.Cut(cookie, ".")
	if !hmac.Equal([]byte(signature), []byte(v.signature(value))) {
		return nil
	}
	var s Said
	b, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || json.Unmarshal(b, &s) != nil {
		return nil
	}
	return &s
}

func (v *Visit) signature(value string) string {
	if v.session == nil {
		return ""
	}
	m := hmac.New(sha256.New, []byte(v.session.CSRF))
	_, _ = m.Write([]byte("said " + value))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
