package api

import "net/http"

func (a *API) sessionGet(v *request) error {
	out, err := a.sessionOf(v, v.session)
	if err != nil {
		return err
	}
	return answer(v.Ctx, http.StatusOK, out)
}
