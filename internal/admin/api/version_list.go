package api

import "net/http"

func (r *objects) listVersions(v *request) error {
	p, err := parsePaging(v.Ctx, 50, 200)
	if err != nil {
		return err
	}
	id, err := r.historyID(v)
	if err != nil {
		return err
	}
	got, err := r.store.VersionSummaries(v.UserContext(), v.org.ID, id, p.cursor.Before, p.limit+1)
	if err != nil {
		return err
	}
	all := make([]version, len(got))
	for i, one := range got {
		all[i] = r.versionOf(v, one)
	}
	list, next := trimPage(p, all, func(one version) int64 { return one.Version })
	return answer(v.Ctx, http.StatusOK, struct {
		Versions   []version `json:"versions"`
		NextCursor string    `json:"next_cursor,omitempty"`
	}{list, next})
}
