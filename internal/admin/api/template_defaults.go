package api

import (
	"net/http"

	"orgmodes/internal/jsonast"
)

// templateDefaultsRestore adds those of the shipped templates that the
// organization doesn't have, by their names; it touches no others.
func (a *API) templateDefaultsRestore(v *visit) error {
	added, err := a.DB.AddShippedTemplates(v.UserContext(), v.by(), v.org.ID)
	if err != nil {
		return err
	}
	list := make([]jsonast.Map, len(added))
	for i, t := range added {
		list[i] = templateOf(t.Object())
	}
	return answer(v.Ctx, http.StatusOK, struct {
		Added []jsonast.Map `json:"added"`
	}{list})
}
