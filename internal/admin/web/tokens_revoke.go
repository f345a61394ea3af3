package web

import (
	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// tokensRevocationForm asks before the token of ?token= is revoked.
func (w *Web) tokensRevocationForm(v *visit) error {
	t, err := w.tokenToRevoke(v, v.Query("token"))
	if err != nil {
		return err
	}
	if t.RevokedAt != nil {
		return v.done(v.path("/tokens"), said{Text: t.Name + " is revoked already."})
	}
	return v.render("tokens_revocation", page{
		Title: "Revoke " + t.Name + "?", Crumbs: []crumb{{"Tokens", v.path("/tokens")}}, Data: t,
	})
}

// tokensRevoke ends a token for good, and waits until no reader takes it any
// more.
func (w *Web) tokensRevoke(v *visit) error {
	t, err := w.tokenToRevoke(v, readForm(v.Ctx).Get("token"))
	if err != nil {
		return err
	}
	revoked, err := w.DB.RevokeToken(v.UserContext(), v.by(), v.org.ID, t.ID)
	if err != nil {
		return err
	}
	published, err := w.tokenPublished(v.UserContext(), revoked)
	if err != nil {
		w.Log.Warn("waiting for a revocation's publication", "token_id", t.ID, "err", err)
	}
	text := t.Name + " is revoked: readers refuse it now."
	if !published {
		text = t.Name + " is revoked. Readers have not heard of it yet: it is tried again until they have."
	}
	return v.done(v.path("/tokens"), said{Text: text, Bad: !published})
}

// tokenToRevoke finds a token that the visitor may revoke. Who may not see it
// doesn't learn that it is there.
func (w *Web) tokenToRevoke(v *visit, ref string) (postgres.Token, error) {
	unknown := fault.New(fault.NotFound, "not_found", "There is no such token")
	id, err := uuid.Parse(ref)
	if err != nil {
		return postgres.Token{}, unknown
	}
	t, err := w.DB.Token(v.UserContext(), v.org.ID, id)
	switch {
	case fault.Is(err, fault.NotFound):
		return postgres.Token{}, unknown
	case err != nil:
		return postgres.Token{}, err
	case !v.may(access.Request{Action: access.RevokeToken, Own: t.User.ID == v.who.UserID}).Allowed:
		return postgres.Token{}, unknown
	}
	return t, nil
}
