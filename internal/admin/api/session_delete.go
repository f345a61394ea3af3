package api

import "net/http"

// sessionDelete signs out. For an access token it does nothing: a token has no session
// and is revoked instead.
func (a *API) sessionDelete(v *request) error {
	if v.session != nil {
		if err := a.Auth.SignOut(v.Ctx); err != nil {
			return err
		}
	}
	return v.SendStatus(http.StatusNoContent)
}
