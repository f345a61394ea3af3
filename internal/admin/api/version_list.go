package api

import "net/http"

// versionsAtOnce bounds how many versions are read at once, with their contents.
const versionsAtOnce = 16

func (r *resource[T]) listVersions(v *visit) error {
	p, err := pagingOf(v.Ctx, 50, 200)
	if err != nil {
		return err
	}
	id, err := r.history(v)
	if err != nil {
		return err
	}
	// The list says nothing of contents, which can be long: few are held at once.
	all := []version{}
	for before := p.cursor.Before; len(all) <= p.limit; {
		want := min(versionsAtOnce, p.limit+1-len(all))
		got, err := r.versions(v.UserContext(), v.org.ID, id, before, want)
		if err != nil {
			return err
		}
		for _, m := range got {
			all = append(all, r.versionOf(m))
			before = m.Version.Version
		}
		if len(got) < want {
			break
		}
	}
	list, next := counted(p, all, func(one version) int64 { return one.Version })
	return answer(v.Ctx, http.StatusOK, struct {
		Versions   []version `json:"versions"`
		NextCursor string    `json:"next_cursor,omitempty"`
	}{list, next})
}
