package api

import "orgmodes/internal/postgres"

func (a *API) versionList(v *visit) error {
	p, err := pagingOf(v.Ctx, 50, 200)
	if err != nil {
		return err
	}
	id, err := a.history(v)
	if err != nil {
		return err
	}
	got, err := a.DB.ModeVersions(v.UserContext(), v.org.ID, id, p.cursor.Before, p.limit+1)
	if err != nil {
		return err
	}
	got, next := counted(p, got, func(m postgres.ModeVersion) int64 { return m.Version.Version })
	list := make([]version, len(got))
	for i, m := range got {
		list[i] = versionOf(m)
	}
	return answer(v.Ctx, 200, struct {
		Versions   []version `json:"versions"`
		NextCursor string    `json:"next_cursor,omitempty"`
	}{list, next})
}
