package api

import "net/http"

func (r *objects) getVersion(v *request) error {
	id, n, err := r.versionInPath(v)
	if err != nil {
		return err
	}
	found, err := r.store.Version(v.UserContext(), v.org.ID, id, n)
	if err != nil {
		return err
	}
	return answer(v.Ctx, http.StatusOK, r.versionWith(v, found, true))
}
