package api

import (
	"net/http"

	"orgmodes/internal/modes"
)

func (a *API) modeReplace(v *visit) error {
	match, err := required(v.Ctx)
	if err != nil {
		return err
	}
	data, isYAML, err := modeBody(v.Ctx)
	if err != nil {
		return err
	}
	sent, err := modes.ReadMode(data, isYAML)
	if err != nil {
		return err
	}
	ref, seen, err := a.target(v, match)
	if err != nil {
		return orLate(err, contentOf(sent))
	}
	saved, err := a.DB.UpdateMode(v.UserContext(), v.by(), v.org.ID, ref, seen,
		func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
			m.Mode = sent
			return m, nil
		})
	if err != nil {
		return orLate(err, contentOf(sent))
	}
	return a.answerMode(v, http.StatusOK, saved)
}
