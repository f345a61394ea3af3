package api

import (
	"net/http"

	"orgmodes/internal/access"
)

// invitationWithdraw withdraws an invitation. Only an owner can withdraw an invitation
// to become an owner.
func (a *API) invitationWithdraw(v *request) error {
	id, err := invitationID(v)
	if err != nil {
		return err
	}
	err = a.DB.WithdrawInvitation(v.UserContext(), v.by(), v.org.ID, id, func(role string) error {
		return v.decide(roleAccess(access.Role(role))).Err()
	})
	if err != nil {
		return err
	}
	return v.SendStatus(http.StatusNoContent)
}
