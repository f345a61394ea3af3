package tokens

import (
	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// RevocationForm asks for confirmation before the token of the parameter token is revoked.
func (p *Pages) RevocationForm(v *shell.Request) error {
	t, err := p.tokenToRevoke(v, v.Query("token"))
	if err != nil {
		return err
	}
	if t.RevokedAt != nil {
		return v.RedirectWithFlash(v.Address("/tokens"), shell.Flash{Text: t.Name + " is revoked already."})
	}
	return v.Show("tokens_revocation", shell.Page{
		Title: "Revoke " + t.Name + "?", Crumbs: []shell.Crumb{{Name: "Tokens", Path: v.Address("/tokens")}}, Data: t,
	})
}

// Revoke revokes a token permanently. It waits up to PublishWait until no reader accepts
// the token.
func (p *Pages) Revoke(v *shell.Request) error {
	t, err := p.tokenToRevoke(v, shell.ReadForm(v.Ctx).Get("token"))
	if err != nil {
		return err
	}
	revoked, err := p.DB.RevokeToken(v.UserContext(), v.By(), v.Org.ID, t.ID)
	if err != nil {
		return err
	}
	published, err := p.waitTokenPublished(v.UserContext(), revoked)
	if err != nil {
		p.Log.Warn("waiting for revocation to be published failed", "token_id", t.ID, "error", err)
	}
	text := t.Name + " is revoked: readers refuse it now."
	if !published {
		text = t.Name + " is revoked. Readers have not received this yet: it is retried until they have."
	}
	return v.RedirectWithFlash(v.Address("/tokens"), shell.Flash{Text: text, IsError: !published})
}

// tokenToRevoke returns a token that the visitor is allowed to revoke. Its error doesn't
// reveal whether a token exists that the visitor isn't allowed to see.
func (p *Pages) tokenToRevoke(v *shell.Request, ref string) (postgres.Token, error) {
	notFound := fault.New(fault.NotFound, "not_found", "There is no such token")
	id, err := uuid.Parse(ref)
	if err != nil {
		return postgres.Token{}, notFound
	}
	t, err := p.DB.Token(v.UserContext(), v.Org.ID, id)
	switch {
	case fault.Is(err, fault.NotFound):
		return postgres.Token{}, notFound
	case err != nil:
		return postgres.Token{}, err
	case !v.May(access.Request{Action: access.RevokeToken, Own: t.User.ID == v.Principal.UserID}).Allowed:
		return postgres.Token{}, notFound
	}
	return t, nil
}
