package api

import (
	"net/http"

	"orgmodes/internal/fault"
)

// versionRestore makes an old version the current one, as a new version. A
// deleted mode comes back under its id.
func (a *API) versionRestore(v *visit) error {
	match, err := precondition(v.Ctx)
	if err != nil {
		return err
	}
	id, err := a.history(v)
	if err != nil {
		return err
	}
	n, err := versionNumber(v.Params("version"))
	if err != nil {
		return err
	}
	var seen int64
	switch now, err := a.DB.Mode(v.UserContext(), v.org.ID, id.String()); {
	case err == nil:
		seen = match.seen(now.ID, now.Version)
	case !fault.Is(err, fault.NotFound):
		return err
	}
	restored, err := a.DB.RestoreMode(v.UserContext(), v.by(), v.org.ID, id, n, seen)
	if err != nil {
		return err
	}
	return a.answerMode(v, http.StatusOK, restored)
}
