package web

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/postgres"
)

// maxTokenName is what the database holds a name to.
const maxTokenName = 100

// tokenForm is the form for a new token.
type tokenForm struct {
	form
	// Write is whether the visitor may make one that writes here.
	Write access.Verdict
	// Orgs are the visitor's other organizations.
	Orgs    []tokenOrg
	Expires []choice
}

// AsForm is the form for the partials.
func (t tokenForm) AsForm() form { return t.form }

// tokenOrg is an organization that a token could open.
type tokenOrg struct {
	postgres.Membership
	Checked bool
}

// madeToken is a token that was just made.
type madeToken struct {
	postgres.Token
	Secret string
	// Published says that readers know of it.
	Published bool
	// Try is a line that asks a reader with it.
	Try snippet
}

func (w *Web) tokenForm(v *visit, f form) tokenForm {
	t := tokenForm{
		form: f, Write: v.may(access.Request{Action: access.CreateToken, Own: true, Scopes: []string{access.ScopeWrite}}),
	}
	for _, o := range v.orgs {
		if o.ID != v.org.ID {
			t.Orgs = append(t.Orgs, tokenOrg{o, f.Has("org", o.ID.String())})
		}
	}
	for _, c := range []choice{
		{Value: "30", Label: "In 30 days"},
		{Value: "90", Label: "In 90 days"},
		{Value: "365", Label: "In a year"},
		{Value: "day", Label: "After a day of your choice"},
		{Value: "never", Label: "Never"},
	} {
		c.Current = f.Get("expires") == c.Value
		t.Expires = append(t.Expires, c)
	}
	return t
}

// tokensCreate makes a token that acts for the visitor. The answer is the page
// with the token on it, and no redirect: it is shown this once and kept nowhere.
func (w *Web) tokensCreate(v *visit) error {
	f := readForm(v.Ctx)
	n, f := w.newToken(v, f)
	if len(f.Order) > 0 {
		v.Status(fiber.StatusUnprocessableEntity)
		return w.tokensPage(v, f, nil)
	}
	for _, r := range w.wantedToken(v, n) {
		if err := r.Err(); err != nil {
			return err
		}
	}
	n.Token = w.Keys.Mint()
	token, err := w.DB.CreateToken(v.UserContext(), v.by(), n)
	if e, ok := isMistake(err); ok {
		v.Status(fiber.StatusUnprocessableEntity)
		return w.tokensPage(v, f.blame(e, nil), nil)
	}
	if err != nil {
		return err
	}
	made := &madeToken{Token: token, Secret: n.Token, Try: w.tryWith(v, n.Token)}
	if made.Published, err = w.tokenPublished(v.UserContext(), token); err != nil {
		// The token is there; only this answer can tell what it is.
		w.Log.Warn("waiting for a token's publication", "token_id", token.ID, "err", err)
	}
	return w.tokensPage(v, filled("scope", access.ScopeRead, "expires", "90"), made)
}

// newToken reads the form.
func (w *Web) newToken(v *visit, f form) (postgres.NewToken, form) {
	n := postgres.NewToken{
		Name: strings.TrimSpace(f.Get("name")), User: v.who.UserID, Scopes: []string{access.ScopeRead},
		Organizations: []uuid.UUID{v.org.ID},
	}
	switch length := len([]rune(n.Name)); {
	case length == 0:
		f = f.wrong("name", "Say what the token is for: it is what you will know it by")
	case length > maxTokenName:
		f = f.wrong("name", "A name has at most "+strconv.Itoa(maxTokenName)+" characters; this has "+strconv.Itoa(length))
	}
	if f.Has("scope", access.ScopeWrite) {
		n.Scopes = append(n.Scopes, access.ScopeWrite)
	}
	for _, o := range v.orgs {
		if f.Has("org", o.ID.String()) && !slices.Contains(n.Organizations, o.ID) {
			n.Organizations = append(n.Organizations, o.ID)
		}
	}
	now := w.now()
	switch expires := f.Get("expires"); expires {
	case "never":
	case "day":
		day, err := time.Parse(time.DateOnly, f.Get("day"))
		if err != nil {
			f = f.wrong("day", "Give the last day on which the token is to work, such as 2027-05-31")
			break
		}
		end := day.AddDate(0, 0, 1)
		if !end.After(now) {
			f = f.wrong("day", "This day is over: choose one that is not")
		}
		n.ExpiresAt = &end
	default:
		days, err := strconv.Atoi(expires)
		if err != nil || days < 1 || days > 3650 {
			f = f.wrong("expires", "Choose when the token is to expire")
			break
		}
		end := now.AddDate(0, 0, days).UTC().Truncate(time.Second)
		n.ExpiresAt = &end
	}
	return n, f
}

// wantedToken is what may be said against a token, in each organization that it
// is to open: the visitor's role may differ.
func (w *Web) wantedToken(v *visit, n postgres.NewToken) (verdicts []access.Verdict) {
	for _, o := range v.orgs {
		if slices.Contains(n.Organizations, o.ID) {
			verdicts = append(verdicts, access.Decide(v.who, access.Role(o.Role),
				access.Request{Action: access.CreateToken, Own: true, Scopes: n.Scopes}))
		}
	}
	return verdicts
}

// tokenPublished waits for readers to know of a token as it is now, for so long
// as is reasonable: what was done is done, and will be published in any case.
func (w *Web) tokenPublished(ctx context.Context, t postgres.Token) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, w.PublishWait)
	defer cancel()
	err := w.DB.WaitTokenPublished(ctx, t.ID, t.Version)
	if errors.Is(err, context.DeadlineExceeded) {
		return false, nil
	}
	return err == nil, err
}
