package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/resource"
)

func (r *objects) postOne(v *visit) error {
	created, err := r.created(v)
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderLocation, v.address("/"+r.store.Names().Plural+"/"+created.ID.String()))
	return r.answer(v, http.StatusCreated, created)
}

// created creates the object in the request.
func (r *objects) created(v *visit) (resource.Object, error) {
	sent, err := r.read(v)
	if err != nil {
		return resource.Object{}, err
	}
	created, err := r.store.Add(v.UserContext(), v.by(), v.org.ID, sent)
	return created, orLate(err, r.sent(sent))
}
