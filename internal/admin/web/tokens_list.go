package web

import (
	"slices"
	"time"

	"orgmodes/internal/access"
	"orgmodes/internal/postgres"
)

// tokenRow is an access token in the list.
type tokenRow struct {
	postgres.Token
	// State is "", "revoked", "expired" or "pending": readers don't know of it yet.
	State string
	// Mine says that it acts for the visitor.
	Mine bool
	// By is who made it, where that is somebody else.
	By     string
	Revoke access.Verdict
}

// tokensData is what the page of access tokens shows.
type tokensData struct {
	Rows []tokenRow
	// Ended are those that open nothing any more.
	Ended []tokenRow
	// All says why only one's own are listed, where that is so.
	All  access.Verdict
	Form tokenForm
	// Made is the token that was just made: the only time that it is shown.
	Made *madeToken
}

// tokensList lists the tokens that open the organization: all of them for who
// manages them, one's own for the others.
func (w *Web) tokensList(v *visit) error {
	return w.tokensPage(v, filled("scope", access.ScopeRead, "expires", "90"), nil)
}

func (w *Web) tokensPage(v *visit, f form, made *madeToken) error {
	d := tokensData{All: v.may(access.Request{Action: access.ReadTokens}), Made: made, Form: w.tokenForm(v, f)}
	all, err := w.DB.Tokens(v.UserContext(), v.org.ID)
	if err != nil {
		return err
	}
	if !d.All.Allowed {
		all = slices.DeleteFunc(all, func(t postgres.Token) bool { return t.User.ID != v.who.UserID })
	}
	who, err := v.people()
	if err != nil {
		return err
	}
	for _, t := range all {
		r := tokenRow{Token: t, Mine: t.User.ID == v.who.UserID, State: stateOf(t, w.now())}
		r.Revoke = v.may(access.Request{Action: access.RevokeToken, Own: r.Mine})
		if t.CreatedBy != t.User.ID.String() {
			if r.By, err = who.name(t.CreatedBy); err != nil {
				return err
			}
		}
		if r.State == "revoked" || r.State == "expired" {
			d.Ended = append(d.Ended, r)
		} else {
			d.Rows = append(d.Rows, r)
		}
	}
	p := page{
		Title: "Tokens", Lead: "What editors and scripts present. A token does what its owner may, as far as its scopes go.", Data: d,
	}
	if v.leadsTo("/connect") {
		p.Actions = []action{{Label: "Connect an editor", Path: v.path("/connect"), May: access.Verdict{Allowed: true}}}
	}
	return v.render("tokens", p)
}

func stateOf(t postgres.Token, now time.Time) string {
	switch {
	case t.RevokedAt != nil:
		return "revoked"
	case t.ExpiresAt != nil && !t.ExpiresAt.After(now):
		return "expired"
	case t.PublishedVersion < t.Version:
		return "pending"
	default:
		return ""
	}
}
