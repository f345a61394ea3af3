package api

import (
	"slices"

	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/postgres"
)

// membership is an organization that one may see.
type membership struct {
	ID   uuid.UUID   `json:"id"`
	Slug string      `json:"slug"`
	Name string      `json:"name"`
	Role access.Role `json:"role"`
}

func (a *API) organizationList(v *visit) error {
	p, err := pagingOf(v.Ctx, usualPage, largestPage)
	if err != nil {
		return err
	}
	all, err := a.memberships(v)
	if err != nil {
		return err
	}
	part, next := page(p, all, func(m membership) string { return m.ID.String() })
	return answer(v.Ctx, 200, struct {
		Organizations []membership `json:"organizations"`
		NextCursor    string       `json:"next_cursor,omitempty"`
	}{part, next})
}

// memberships are the organizations that the visitor may see: those that the
// user is a member of, and the token opens.
func (a *API) memberships(v *visit) ([]membership, error) {
	all, err := a.DB.Memberships(v.UserContext(), v.who.UserID)
	if err != nil {
		return nil, err
	}
	if v.who.Kind == access.Token {
		opens, err := a.DB.TokenOpens(v.UserContext(), v.who.TokenID)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(m postgres.Membership) bool { return !slices.Contains(opens, m.OrganizationID) })
	}
	list := make([]membership, len(all))
	for i, m := range all {
		list[i] = membership{m.OrganizationID, m.Slug, m.Name, access.Role(m.Role)}
	}
	return list, nil
}
