package api

import (
	"net/http"

	"orgmodes/internal/resource"
)

func (r *objects) putOne(v *visit) error {
	match, err := required(v.Ctx)
	if err != nil {
		return err
	}
	sent, err := r.read(v)
	if err != nil {
		return err
	}
	ref, seen, err := r.target(v, match)
	if err != nil {
		return orLate(err, r.sent(sent))
	}
	saved, err := r.store.Update(v.UserContext(), v.by(), v.org.ID, ref, seen, func(resource.Object) (resource.Object, error) {
		return sent, nil
	})
	if err != nil {
		return orLate(err, r.sent(sent))
	}
	return r.answer(v, http.StatusOK, saved)
}
