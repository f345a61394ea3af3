package api

import "net/http"

// memberRemove ends a membership, possibly the user's own.
func (a *API) memberRemove(v *request) error {
	user, err := memberID(v)
	if err != nil {
		return err
	}
	if err := a.DB.RemoveMember(v.UserContext(), v.by(), v.org.ID, user, v.checkMemberAccess(user)); err != nil {
		return err
	}
	return v.SendStatus(http.StatusNoContent)
}
