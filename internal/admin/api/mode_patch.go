package api

import (
	"encoding/json"
	"net/http"

	"orgmodes/internal/modes"
)

// modePatch changes fields. Without If-Match it is right for any version: it is
// applied to what is there under the organization's lock.
func (a *API) modePatch(v *visit) error {
	match, err := precondition(v.Ctx)
	if err != nil {
		return err
	}
	if media, _ := mediaType(v.Ctx); media != mediaMergePatch && media != mediaJSON {
		v.Set("Accept-Patch", mediaMergePatch)
		return unsupported(v.Ctx, mediaMergePatch)
	}
	patch := v.BodyRaw()
	var yours any // what isn't JSON is refused with a reason below
	if json.Valid(patch) {
		yours = json.RawMessage(patch)
	}
	ref, seen, err := a.target(v, match)
	if err != nil {
		return orLate(err, yours)
	}
	saved, err := a.DB.UpdateMode(v.UserContext(), v.by(), v.org.ID, ref, seen,
		func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
			m.Mode, err = modes.PatchMode(m.Mode, patch)
			return m, err
		})
	if err != nil {
		return orLate(err, yours)
	}
	return a.answerMode(v, http.StatusOK, saved)
}
