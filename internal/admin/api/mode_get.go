package api

import "net/http"

func (a *API) modeGet(v *visit) error {
	m, err := a.DB.Mode(v.UserContext(), v.org.ID, v.Params("mode"))
	if err != nil {
		return err
	}
	return a.answerMode(v, http.StatusOK, m)
}
