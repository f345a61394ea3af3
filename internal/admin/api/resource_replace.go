package api

import "net/http"

func (r *resource[T]) putOne(v *visit) error {
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
	saved, err := r.update(v.UserContext(), v.by(), v.org.ID, ref, seen, func(now T) (T, error) { return r.onto(now, sent), nil })
	if err != nil {
		return orLate(err, r.sent(sent))
	}
	return r.answer(v, http.StatusOK, saved)
}
