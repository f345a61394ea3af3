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
	Write access.Decision
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

// createdToken is a token that was just created.
type createdToken struct {
	postgres.Token
	Secret string
	// Published reports whether readers know the token.
	Published bool
	// Try is a command that uses the token for one request to a reader.
	Try snippet
}

func (p *Pages) newTokenForm(v *shell.Request, f shell.Form) tokenForm {
	t := tokenForm{
		Form: f, Write: actions.CreateToken.AlsoNeeds(access.Request{Action: access.CreateToken, Own: true, Scopes: []string{access.ScopeWrite}}).Decide(v.May),
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
func (p *Pages) Create(v *shell.Request) error {
	f := shell.ReadForm(v.Ctx)
	n, f := p.parseNewToken(v, f)
	if len(f.ErrorFields) > 0 {
		v.Status(fiber.StatusUnprocessableEntity)
		return p.showTokens(v, f, nil)
	}
	for _, r := range p.creationVerdicts(v, n) {
		if err := r.Err(); err != nil {
			return err
		}
	}
	n.Token = p.Keys.Mint()
	token, err := p.DB.CreateToken(v.UserContext(), v.By(), n)
	if e, ok := shell.AsUserError(err); ok {
		v.Status(fiber.StatusUnprocessableEntity)
		return p.showTokens(v, f.AddFault(e, nil), nil)
	}
	if err != nil {
		return err
	}
	created := &createdToken{Token: token, Secret: n.Token, Try: p.trySnippet(v, n.Token)}
	if created.Published, err = p.waitTokenPublished(v.UserContext(), token); err != nil {
		// The token exists, and only this response can show it.
		p.Log.Warn("waiting for token to be published failed", "token_id", token.ID, "error", err)
	}
	return p.showTokens(v, shell.NewForm("scope", access.ScopeRead, "expires", "90"), created)
}

// parseNewToken reads a new token from the form, and returns the form with any errors.
func (p *Pages) parseNewToken(v *shell.Request, f shell.Form) (postgres.NewToken, shell.Form) {
	n := postgres.NewToken{
		Name: strings.TrimSpace(f.Get("name")), User: v.Principal.UserID, Scopes: []string{access.ScopeRead},
		Organizations: []uuid.UUID{v.Org.ID},
	}
	switch length := len([]rune(n.Name)); {
	case length == 0:
		f = f.AddError("name", "A name is required: describe what the token is for")
	case length > maxTokenName:
		f = f.AddError("name", "A name has at most "+strconv.Itoa(maxTokenName)+" characters; this has "+strconv.Itoa(length))
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
			f = f.AddError("day", "Enter the last day on which the token is valid, such as 2027-05-31")
			break
		}
		end := day.AddDate(0, 0, 1)
		if !end.After(now) {
			f = f.AddError("day", "This day is in the past: choose a later one")
		}
		n.ExpiresAt = &end
	default:
		days, err := strconv.Atoi(expires)
		if err != nil || days < 1 || days > 3650 {
			f = f.AddError("expires", "Choose when the token expires")
			break
		}
		end := now.AddDate(0, 0, days).UTC().Truncate(time.Second)
		n.ExpiresAt = &end
	}
	return n, f
}

// creationVerdicts returns the verdict on creating a token for each organization that it is
// to open. The visitor's role can differ between them.
func (p *Pages) creationVerdicts(v *shell.Request, n postgres.NewToken) (verdicts []access.Decision) {
	for _, o := range v.Orgs {
		if slices.Contains(n.Organizations, o.ID) {
			verdicts = append(verdicts, access.Decide(v.Principal, access.Role(o.Role),
				access.Request{Action: access.CreateToken, Own: true, Scopes: n.Scopes}))
		}
	}
	return verdicts
}

// waitTokenPublished reports whether readers know the current version of a token, and waits
// up to PublishWait for that. A timeout is no error: the change is saved, and will be
// published in any case.
func (p *Pages) waitTokenPublished(ctx context.Context, t postgres.Token) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, p.PublishWait)
	defer cancel()
	err := p.DB.WaitTokenPublished(ctx, t.ID, t.Version)
	if errors.Is(err, context.DeadlineExceeded) {
		return false, nil
	}
	return err == nil, err
}
