package api

import "orgmodes/internal/postgres"

func (a *API) memberList(v *request) error {
	p, err := parsePaging(v.Ctx, defaultPageSize, maxPageSize)
	if err != nil {
		return err
	}
	all, err := a.DB.Members(v.UserContext(), v.org.ID)
	if err != nil {
		return err
	}
	part, next := paginate(p, all, func(m postgres.Member) string { return m.User.ID.String() })
	list := make([]member, len(part))
	for i, m := range part {
		list[i] = v.member(m)
	}
	return answer(v.Ctx, 200, struct {
		Members    []member `json:"members"`
		NextCursor string   `json:"next_cursor,omitempty"`
	}{list, next})
}
