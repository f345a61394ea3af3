package api

import (
	"slices"

	"orgmodes/internal/access"
	"orgmodes/internal/postgres"
)

// tokenList lists the tokens that open the organization, newest first: all of
// them for who manages them, one's own for the others.
func (a *API) tokenList(v *visit) error {
	p, err := pagingOf(v.Ctx, usualPage, largestPage)
	if err != nil {
		return err
	}
	all, err := a.DB.Tokens(v.UserContext(), v.org.ID)
	if err != nil {
		return err
	}
	if !v.may(access.Request{Action: access.ReadTokens}).Allowed {
		all = slices.DeleteFunc(all, func(t postgres.Token) bool { return t.User.ID != v.who.UserID })
	}
	part, next := page(p, all, func(t postgres.Token) string { return t.ID.String() })
	list := make([]accessToken, len(part))
	for i, t := range part {
		list[i] = tokenOf(t)
	}
	return answer(v.Ctx, 200, struct {
		Tokens     []accessToken `json:"tokens"`
		NextCursor string        `json:"next_cursor,omitempty"`
	}{list, next})
}
