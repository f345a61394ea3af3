package api

import (
	"net/http"

	"orgmodes/internal/postgres"
)

func (r *resource[T]) listVersions(v *visit) error {
	p, err := pagingOf(v.Ctx, 50, 200)
	if err != nil {
		return err
	}
	id, err := r.history(v)
	if err != nil {
		return err
	}
	got, err := r.versions(v.UserContext(), v.org.ID, id, p.cursor.Before, p.limit+1)
	if err != nil {
		return err
	}
	got, next := counted(p, got, func(m postgres.Version[T]) int64 { return m.Version.Version })
	list := make([]version, len(got))
	for i, m := range got {
		list[i] = r.versionOf(m)
	}
	return answer(v.Ctx, http.StatusOK, struct {
		Versions   []version `json:"versions"`
		NextCursor string    `json:"next_cursor,omitempty"`
	}{list, next})
}
