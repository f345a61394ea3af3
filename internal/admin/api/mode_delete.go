package api

import "net/http"

func (a *API) modeDelete(v *visit) error {
	match, err := required(v.Ctx)
	if err != nil {
		return err
	}
	ref, seen, err := a.target(v, match)
	if err != nil {
		return err
	}
	if _, err := a.DB.DeleteMode(v.UserContext(), v.by(), v.org.ID, ref, seen); err != nil {
		return err
	}
	return v.SendStatus(http.StatusNoContent)
}
