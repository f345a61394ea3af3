package api

import (
	"github.com/google/uuid"

	"orgmodes/internal/access"
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
	all, err := a.Auth.Memberships(v.UserContext(), v.who)
	if err != nil {
		return nil, err
	}
	list := make([]membership, len(all))
	for i, m := range all {
		list[i] = membership{m.ID, m.Slug, m.Name, access.Role(m.Role)}
	}
	return list, nil
}
