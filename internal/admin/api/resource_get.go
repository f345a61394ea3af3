package api

import "net/http"

func (r *objects) getOne(v *request) error {
	o, err := r.find(v)
	if err != nil {
		return err
	}
	return r.answer(v, http.StatusOK, o)
}
