package api

import (
	"net/http"

	"orgmodes/internal/fault"
)

// restoreVersion makes an old version the current one, as a new version. A deleted
// object is restored under its id.
func (r *objects) restoreVersion(v *request) error {
	match, err := precondition(v.Ctx)
	if err != nil {
		return err
	}
	id, n, err := r.versionInPath(v)
	if err != nil {
		return err
	}
	var expected int64
	switch now, err := r.store.Get(v.UserContext(), v.org.ID, id.String()); {
	case err == nil:
		expected = match.expectedVersion(now.ID, now.Version)
	case !fault.Is(err, fault.NotFound):
		return err
	}
	restored, err := r.store.Restore(v.UserContext(), v.by(), v.org.ID, id, n, expected)
	if err != nil {
		return err
	}
	return r.answer(v, http.StatusOK, restored)
}
