package tokens

import (
	"net/url"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// tokenRow is an access token in a list.
type tokenRow struct {
	postgres.Token
	// State is "", "revoked", "expired" or "pending". Readers don't know a pending token
	// yet.
	State string
	// Mine reports whether the token acts for the visitor.
	Mine bool
	// By is the name of the creator, if that isn't the token's user.
	By     string
	Revoke access.Decision
}

// tokensData is the data of the page of access tokens.
type tokensData struct {
	Rows []tokenRow
	// Ended holds the revoked and expired tokens, which no longer open anything.
	Ended []tokenRow
	// Older and EndedOlder are the addresses of the next page of each list. Newest is that
	// of the first page of both. Each is empty if there is no such page.
	Older, EndedOlder, Newest string
	// EndedOpen unfolds the list of ended tokens. EndedMore reports whether it has more
	// than one page.
	EndedOpen, EndedMore bool
	// ListAll is the verdict on listing everyone's tokens. If it is negative, only the
	// visitor's own are listed, and its reason is shown.
	ListAll access.Decision
	Form    tokenForm
	// Created is the token that was just created, if any. It is shown only this once.
	Created *createdToken
}

// List shows the tokens that open the organization: all of them if the visitor is allowed
// to read them, else the visitor's own.
func (p *Pages) List(v *shell.Request) error {
	return p.showTokens(v, shell.NewForm("scope", access.ScopeRead, "expires", "90"), nil)
}

func (p *Pages) showTokens(v *shell.Request, f shell.Form, created *createdToken) error {
	d := tokensData{ListAll: v.May(access.Request{Action: access.ReadTokens}), Created: created, Form: p.newTokenForm(v, f)}
	if err := p.loadTokens(v, &d); err != nil {
		return err
	}
	page := shell.Page{
		Title: "Tokens", Lead: "Editors and scripts authenticate with tokens. A token has the permissions of its owner, limited by its scopes.", Data: d,
	}
	if v.HasRoute("/connect") {
		page.Actions = []shell.Action{{Label: "Connect an editor", Path: v.Address("/connect"), May: access.Decision{Allowed: true}}}
	}
	return v.Show("tokens", page)
}

// loadTokens reads the requested page of both lists. The parameters after and ended are the
// ids of the tokens that each page starts after. The parameter token restricts the page to
// one token.
func (p *Pages) loadTokens(v *shell.Request, d *tokensData) error {
	filter := postgres.TokenFilter{Limit: pageSize}
	if !d.ListAll.Allowed {
		filter.User = v.Principal.UserID
	}
	after, endedAfter := v.Query("after"), v.Query("ended")
	if after != "" || endedAfter != "" {
		d.Newest = v.Address("/tokens")
	}
	if ref := v.Query("token"); ref != "" {
		return p.loadToken(v, d, ref)
	}
	var older, endedOlder string
	var err error
	if d.Rows, older, err = p.tokenRows(v, filter, false, after); err != nil {
		return err
	}
	if d.Ended, endedOlder, err = p.tokenRows(v, filter, true, endedAfter); err != nil {
		return err
	}
	d.EndedOpen, d.EndedMore = endedAfter != "", endedAfter != "" || endedOlder != ""
	if older != "" {
		d.Older = pageQuery(older, endedAfter)
	}
	if endedOlder != "" {
		d.EndedOlder = pageQuery(after, endedOlder) + "#ended"
	}
	return nil
}

// loadToken lists only the token with the id ref. It lists none if the visitor isn't
// allowed to see it.
func (p *Pages) loadToken(v *shell.Request, d *tokensData, ref string) error {
	d.Newest = v.Address("/tokens")
	id, err := uuid.Parse(ref)
	if err != nil {
		return shell.MalformedForm(err)
	}
	t, err := p.DB.Token(v.UserContext(), v.Org.ID, id)
	if fault.Is(err, fault.NotFound) || err == nil && !d.ListAll.Allowed && t.User.ID != v.Principal.UserID {
		return nil
	}
	if err != nil {
		return err
	}
	rows, err := p.newTokenRows(v, []postgres.Token{t})
	if state := tokenState(t, p.Now()); state == "revoked" || state == "expired" {
		d.Ended, d.EndedOpen = rows, true
	} else {
		d.Rows = rows
	}
	return err
}

// pageSize is the number of tokens per page, in either list.
const pageSize = 50

// pageQuery returns the address of the page that starts after these tokens, one of each
// list.
func pageQuery(after, ended string) string {
	q := url.Values{}
	if after != "" {
		q.Set("after", after)
	}
	if ended != "" {
		q.Set("ended", ended)
	}
	return "?" + q.Encode()
}

// tokenRows returns a page of either the ended or the other tokens. The page starts after
// the token with the id after. older is the id that the next page starts after; it is empty
// if there is none.
func (p *Pages) tokenRows(v *shell.Request, f postgres.TokenFilter, ended bool, after string) (rows []tokenRow, older string, err error) {
	f.Ended = &ended
	if after != "" {
		if f.After, err = uuid.Parse(after); err != nil {
			return nil, "", shell.MalformedForm(err)
		}
	}
	page, more, err := p.DB.Tokens(v.UserContext(), v.Org.ID, f)
	if err != nil {
		return nil, "", err
	}
	if more {
		older = page[len(page)-1].ID.String()
	}
	rows, err = p.newTokenRows(v, page)
	return rows, older, err
}

func (p *Pages) newTokenRows(v *shell.Request, page []postgres.Token) (rows []tokenRow, err error) {
	actors, err := v.Actors()
	if err != nil {
		return nil, err
	}
	for _, t := range page {
		r := tokenRow{Token: t, Mine: t.User.ID == v.Principal.UserID, State: tokenState(t, p.Now())}
		r.Revoke = actions.Revoke.AlsoNeeds(access.Request{Action: access.RevokeToken, Own: r.Mine}).Decide(v.May)
		if t.CreatedBy != t.User.ID.String() {
			if r.By, err = actors.Name(t.CreatedBy); err != nil {
				return nil, err
			}
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func tokenState(t postgres.Token, now time.Time) string {
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
