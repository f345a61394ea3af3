package api

import (
	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/postgres"
)

// tokenList lists the tokens that grant the organization, newest first. A sender who
// manages tokens gets all of them, others only their own.
func (a *API) tokenList(v *request) error {
	p, err := parsePaging(v.Ctx, defaultPageSize, maxPageSize)
	if err != nil {
		return err
	}
	f := postgres.TokenFilter{Limit: p.limit}
	if p.cursor.Key != "" {
		if f.After, err = uuid.Parse(p.cursor.Key); err != nil {
			return malformedCursor()
		}
	}
	if !v.decide(access.Request{Action: access.ReadTokens}).Allowed {
		f.User = v.principal.UserID
	}
	part, more, err := a.DB.Tokens(v.UserContext(), v.org.ID, f)
	if err != nil {
		return err
	}
	list, next := make([]accessToken, len(part)), ""
	for i, t := range part {
		list[i] = v.token(t)
	}
	if more {
		next = cursor{Key: part[len(part)-1].ID.String()}.String()
	}
	return answer(v.Ctx, 200, struct {
		Tokens     []accessToken `json:"tokens"`
		NextCursor string        `json:"next_cursor,omitempty"`
	}{list, next})
}
