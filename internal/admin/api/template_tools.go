package api

import (
	"net/http"

	"orgmodes/internal/templates"
)

// choice is a value that a template field can have, and what it allows.
type choice struct {
	Name   string `json:"name"`
	Allows string `json:"allows"`
}

// templateTools lists the choices for a form: the known tools and the permission modes.
func (a *API) templateTools(v *request) error {
	tools, permissionModes := []choice{}, []choice{}
	for _, t := range a.DB.Tools.All() {
		tools = append(tools, choice{t.Name, t.Allows})
	}
	for _, m := range templates.PermissionModes() {
		permissionModes = append(permissionModes, choice{string(m.Mode), m.Allows})
	}
	return answer(v.Ctx, http.StatusOK, struct {
		Tools           []choice `json:"tools"`
		PermissionModes []choice `json:"permission_modes"`
	}{tools, permissionModes})
}
