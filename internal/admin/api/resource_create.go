package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"
)

func (r *resource[T]) postOne(v *visit) error {
	created, err := r.created(v)
	if err != nil {
		return err
	}
	id, _ := r.of(created)
	v.Set(fiber.HeaderLocation, "/api/v1/organizations/"+v.org.ID.String()+"/"+r.plural+"/"+id.String())
	return r.answer(v, http.StatusCreated, created)
}

// created creates what was sent.
func (r *resource[T]) created(v *visit) (T, error) {
	sent, err := r.read(v)
	if err != nil {
		return sent, err
	}
	created, err := r.create(v.UserContext(), v.by(), v.org.ID, sent)
	return created, orLate(err, r.sent(sent))
}
