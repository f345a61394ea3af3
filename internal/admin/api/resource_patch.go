package api

import (
	"encoding/json"
	"net/http"

	"orgmodes/internal/resource"
)

// patchOne changes fields. Without If-Match it is valid for any version: the patch is
// applied to the current one, under the organization's lock.
func (r *objects) patchOne(v *request) error {
	saved, err := r.patchObject(v)
	if err != nil {
		return err
	}
	return r.answer(v, http.StatusOK, saved)
}

// patchObject changes fields of the object in the path.
func (r *objects) patchObject(v *request) (resource.Object, error) {
	var none resource.Object
	match, err := precondition(v.Ctx)
	if err != nil {
		return none, err
	}
	if media, _ := mediaType(v.Ctx); media != mediaMergePatch && media != mediaJSON {
		v.Set("Accept-Patch", mediaMergePatch)
		return none, unsupported(v.Ctx, mediaMergePatch)
	}
	patch := v.BodyRaw()
	var yours any // invalid JSON is refused with a reason below
	if json.Valid(patch) {
		yours = json.RawMessage(patch)
	}
	ref, expected, err := r.resolve(v, match)
	if err != nil {
		return none, withConflictBody(err, yours)
	}
	saved, err := r.store.Update(v.UserContext(), v.by(), v.org.ID, ref, expected, func(now resource.Object) (resource.Object, error) {
		return r.presenter.patch(now, patch)
	})
	return saved, withConflictBody(err, yours)
}
