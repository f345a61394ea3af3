package api

import "net/http"

// memberRemove ends a membership, possibly the user's own.
func (a *API) memberRemove(v *visit) error {
	user, err := memberID(v)
	if err != nil {
		return err
	}
	if err := a.DB.RemoveMember(v.UserContext(), v.by(), v.org.ID, user, v.mayTouch(user)); err != nil {
		return err
	}
	return v.SendStatus(http.StatusNoContent)
}
