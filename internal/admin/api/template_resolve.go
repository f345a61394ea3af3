package api

import (
	"net/http"

	"orgmodes/internal/templates"
)

// templateResolve returns the permissions of an agent that the request in the body
// spawns from a template. It changes nothing.
func (a *API) templateResolve(v *request) error {
	data, err := jsonBody(v.Ctx)
	if err != nil {
		return err
	}
	requested, err := templates.ReadRequest(data, a.DB.Tools)
	if err != nil {
		return err
	}
	o, err := a.templates().find(v)
	if err != nil {
		return err
	}
	return answer(v.Ctx, http.StatusOK, templates.Resolve(templates.FromObject(o).Template, requested))
}
