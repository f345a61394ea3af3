package tokens

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
	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/postgres"
)

// maxTokenName is the maximum length of a name in the database, in characters.
const maxTokenName = 100

// tokenForm is the form for a new token.
type tokenForm struct {
	shell.Form
	// Write is the verdict on creating a token that can write to this organization.
	Write access.Verdict
	// Orgs are the visitor's other organizations.
	Orgs    []tokenOrg
	Expires []shell.Choice
}

// AsForm returns the form for the partials.
func (t tokenForm) AsForm() shell.Form { return t.Form }

// tokenOrg is an organization that a token could open.
type tokenOrg struct {
	postgres.Membership
	Checked bool
}

// madeToken is a token that was just created.
type madeToken struct {
	postgres.Token
	Secret string
	// Published reports whether readers know the token.
	Published bool
	// Try is a command that uses the token for one request to a reader.
	Try snippet
}

func (p *Pages) tokenForm(v *shell.Visit, f shell.Form) tokenForm {
	t := tokenForm{
		Form: f, Write: actions.CreateToken.On(access.Request{Action: access.CreateToken, Own: true, Scopes: []string{access.ScopeWrite}}).Decide(v.May),
	}
	for _, o := range v.Orgs {
		if o.ID != v.Org.ID {
			t.Orgs = append(t.Orgs, tokenOrg{o, f.Has("org", o.ID.String())})
		}
	}
	for _, c := range []shell.Choice{
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

// Create creates a token that acts for the visitor. It answers with the page that shows the
// token, not with a redirect: the token is shown only once. Its plain text is not stored.
func (p *Pages) Create(v *shell.Visit) error {
	f := shell.ReadForm(v.Ctx)
	n, f := p.newToken(v, f)
	if len(f.Order) > 0 {
		v.Status(fiber.StatusUnprocessableEntity)
		return p.tokensPage(v, f, nil)
	}
	for _, r := range p.wantedToken(v, n) {
		if err := r.Err(); err != nil {
			return err
		}
	}
	n.Token = p.Keys.Mint()
	token, err := p.DB.CreateToken(v.UserContext(), v.By(), n)
	if e, ok := shell.IsMistake(err); ok {
		v.Status(fiber.StatusUnprocessableEntity)
		return p.tokensPage(v, f.Blame(e, nil), nil)
	}
	if err != nil {
		return err
	}
	made := &madeToken{Token: token, Secret: n.Token, Try: p.tryWith(v, n.Token)}
	if made.Published, err = p.tokenPublished(v.UserContext(), token); err != nil {
		// The token exists, and only this response can show it.
		p.Log.Warn("waiting for token to be published failed", "token_id", token.ID, "error", err)
	}
	return p.tokensPage(v, shell.Filled("scope", access.ScopeRead, "expires", "90"), made)
}

// newToken reads a new token from the form, and returns the form with any mistakes.
func (p *Pages) newToken(v *shell.Visit, f shell.Form) (postgres.NewToken, shell.Form) {
	n := postgres.NewToken{
		Name: strings.TrimSpace(f.Get("name")), User: v.Visitor.UserID, Scopes: []string{access.ScopeRead},
		Organizations: []uuid.UUID{v.Org.ID},
	}
	switch length := len([]rune(n.Name)); {
	case length == 0:
		f = f.Refuse("name", "A name is required: describe what the token is for")
	case length > maxTokenName:
		f = f.Refuse("name", "A name has at most "+strconv.Itoa(maxTokenName)+" characters; this has "+strconv.Itoa(length))
	}
	if f.Has("scope", access.ScopeWrite) {
		n.Scopes = append(n.Scopes, access.ScopeWrite)
	}
	for _, o := range v.Orgs {
		if f.Has("org", o.ID.String()) && !slices.Contains(n.Organizations, o.ID) {
			n.Organizations = append(n.Organizations, o.ID)
		}
	}
	now := p.Now()
	switch expires := f.Get("expires"); expires {
	case "never":
	case "day":
		day, err := time.Parse(time.DateOnly, f.Get("day"))
		if err != nil {
			f = f.Refuse("day", "Enter the last day on which the token is valid, such as 2027-05-31")
			break
		}
		end := day.AddDate(0, 0, 1)
		if !end.After(now) {
			f = f.Refuse("day", "This day is in the past: choose a later one")
		}
		n.ExpiresAt = &end
	default:
		days, err := strconv.Atoi(expires)
		if err != nil || days < 1 || days > 3650 {
			f = f.Refuse("expires", "Choose when the token expires")
			break
		}
		end := now.AddDate(0, 0, days).UTC().Truncate(time.Second)
		n.ExpiresAt = &end
	}
	return n, f
}

// wantedToken returns the verdict on creating a token for each organization that it is to
// open. The visitor's role can differ between them.
func (p *Pages) wantedToken(v *shell.Visit, n postgres.NewToken) (verdicts []access.Verdict) {
	for _, o := range v.Orgs {
		if slices.Contains(n.Organizations, o.ID) {
			verdicts = append(verdicts, access.Decide(v.Visitor, access.Role(o.Role),
				access.Request{Action: access.CreateToken, Own: true, Scopes: n.Scopes}))
		}
	}
	return verdicts
}

// tokenPublished reports whether readers know the current version of a token, and waits up
// to PublishWait for that. A timeout is no error: the change is saved, and will be
// published in any case.
func (p *Pages) tokenPublished(ctx context.Context, t postgres.Token) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, p.PublishWait)
	defer cancel()
	err := p.DB.WaitTokenPublished(ctx, t.ID, t.Version)
	if errors.Is(err, context.DeadlineExceeded) {
		return false, nil
	}
	return err == nil, err
}
