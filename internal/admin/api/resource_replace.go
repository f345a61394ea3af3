package api

import (
	"net/http"

	"orgmodes/internal/resource"
)

func (r *objects) putOne(v *request) error {
	match, err := requirePrecondition(v.Ctx)
	if err != nil {
		return err
	}
	sent, err := r.read(v)
	if err != nil {
		return err
	}
	ref, expected, err := r.resolve(v, match)
	if err != nil {
		return withConflictBody(err, r.spec(sent))
	}
	saved, err := r.store.Update(v.UserContext(), v.by(), v.org.ID, ref, expected, func(resource.Object) (resource.Object, error) {
		return sent, nil
	})
	if err != nil {
		return withConflictBody(err, r.spec(sent))
	}
	return r.answer(v, http.StatusOK, saved)
}
