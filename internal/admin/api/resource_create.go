package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/resource"
)

func (r *objects) postOne(v *request) error {
	created, err := r.createObject(v)
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderLocation, v.address("/"+r.store.Names().Plural+"/"+created.ID.String()))
	return r.answer(v, http.StatusCreated, created)
}

// createObject creates the object in the request.
func (r *objects) createObject(v *request) (resource.Object, error) {
	sent, err := r.read(v)
	if err != nil {
		return resource.Object{}, err
	}
	created, err := r.store.Add(v.UserContext(), v.by(), v.org.ID, sent)
	return created, withConflictBody(err, r.spec(sent))
}
