package api

import (
	"net/http"

	"orgmodes/internal/templates"
)

// templateDefaultsRestore adds those of the shipped templates that the
// organization doesn't have, by their names; it touches no others.
func (a *API) templateDefaultsRestore(v *visit) error {
	added, err := a.DB.AddShippedTemplates(v.UserContext(), v.by(), v.org.ID)
	if err != nil {
		return err
	}
	list := eachOf(added, func(t templates.OrganizationTemplate) any { return a.templates().shown(v, t.Object()) })
	return answer(v.Ctx, http.StatusOK, struct {
		Added []any `json:"added"`
	}{list})
}
