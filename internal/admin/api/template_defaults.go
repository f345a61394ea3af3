package api

import (
	"net/http"

	"orgmodes/internal/templates"
)

// templateDefaultsRestore adds the default templates that the organization doesn't
// have, by name. It changes no others.
func (a *API) templateDefaultsRestore(v *request) error {
	added, err := a.DB.AddDefaultTemplates(v.UserContext(), v.by(), v.org.ID)
	if err != nil {
		return err
	}
	list := mapSlice(added, func(t templates.OrganizationTemplate) any { return a.templates().presentWithActions(v, t.Object()) })
	return answer(v.Ctx, http.StatusOK, struct {
		Added []any `json:"added"`
	}{list})
}
