package api

import "net/http"

func (r *resource[T]) getVersion(v *visit) error {
	id, n, err := r.versionInPath(v)
	if err != nil {
		return err
	}
	found, err := r.version(v.UserContext(), v.org.ID, id, n)
	if err != nil {
		return err
	}
	return answer(v.Ctx, http.StatusOK, r.describe(found, true))
}
