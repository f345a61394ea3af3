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

// Flash is a message about the outcome of an action, shown once, on the next page that the
// visitor loads. A signed cookie carries it there. The cookie expires after a minute.
type Flash struct {
	// Text is the message, a plain-text sentence.
	Text string `json:"text"`
	// Undo is the form that undoes the action; nil if there is none. It is dropped if the
	// message would not fit into a cookie.
	Undo *Undo `json:"undo,omitempty"`
	// IsError reports whether the message is about a failure.
	IsError bool `json:"bad,omitempty"`
}

// Undo is a form that undoes an action. The page shows it as a button.
type Undo struct {
	// Path is the address to which the form is posted.
	Path string `json:"path"`
	// Fields are the hidden fields, without the CSRF token, which the page adds.
	Fields []Pair `json:"fields"`
}

const (
	flashLifetime = time.Minute
	// maxFlash is the maximum size of a message, in bytes, so that it fits into a cookie.
	maxFlash = 3500
)

func (s *Shell) flashCookieName() string {
	if s.Auth.Secure() {
		return "__Host-orgmodes-said"
	}
	return "orgmodes-said"
}

// flash sets the message for the next page of this session. It is stored in a cookie signed
// with a key of the session, so no one else can forge it. If it is too large, the Undo form
// is dropped.
func (v *Request) flash(s Flash) {
	b, err := json.Marshal(s)
	if err != nil {
		return // strings can always be encoded
	}
	value := base64.RawURLEncoding.EncodeToString(b)
	if len(value) > maxFlash && s.Undo != nil {
		s.Undo = nil
		v.flash(s)
		return
	}
	v.setFlash(value+"."+v.signFlash(value), time.Now().Add(flashLifetime))
}

func (v *Request) setFlash(value string, expires time.Time) {
	v.Cookie(&fiber.Cookie{
		Name: v.shell.flashCookieName(), Value: value, Path: "/", Expires: expires,
		Secure: v.shell.Auth.Secure(), HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	})
}

// requestedByEvents is the X-Requested-With of scripts that load a page after an event, to
// update a part of it (events.js).
const requestedByEvents = "events"

// takeFlash returns the message for this page, if any, and clears it. Requests by scripts
// for a part of the page (requestedByEvents) leave it.
func (v *Request) takeFlash() *Flash {
	cookie := v.Cookies(v.shell.flashCookieName())
	if cookie == "" || v.session == nil || v.Get("X-Requested-With") == requestedByEvents {
		return nil
	}
	v.setFlash("", time.Unix(1, 0))
	value, signature, _ := strings.Cut(cookie, ".")
	if !hmac.Equal([]byte(signature), []byte(v.signFlash(value))) {
		return nil
	}
	var s Flash
	b, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || json.Unmarshal(b, &s) != nil {
		return nil
	}
	return &s
}

func (v *Request) signFlash(value string) string {
	if v.session == nil {
		return ""
	}
	m := hmac.New(sha256.New, []byte(v.session.CSRF))
	_, _ = m.Write([]byte("said " + value))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
