package api

import "net/http"

func (r *resource[T]) getOne(v *visit) error {
	t, err := r.find(v.UserContext(), v.org.ID, r.ref(v))
	if err != nil {
		return err
	}
	return r.answer(v, http.StatusOK, t)
}
