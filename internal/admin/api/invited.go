package api

import "net/http"

// invitedList lists the invitations of the visitor's own address, newest first. They
// are as few as the organizations that want somebody.
func (a *API) invitedList(v *visit) error {
	all, err := a.DB.InvitationsOf(v.UserContext(), v.who.Email)
	if err != nil {
		return err
	}
	return answer(v.Ctx, http.StatusOK, struct {
		Invitations []invited `json:"invitations"`
	}{eachOf(all, invitedOf)})
}

// invitedAccept makes the visitor a member.
func (a *API) invitedAccept(v *visit) error {
	id, err := invitationID(v)
	if err != nil {
		return err
	}
	accepted, err := a.DB.AcceptInvitation(v.UserContext(), v.by(), id, v.who.UserID)
	if err != nil {
		return err
	}
	return answer(v.Ctx, http.StatusOK, invitedOf(accepted).Organization)
}

// invitedDecline ends an invitation of the visitor's own.
func (a *API) invitedDecline(v *visit) error {
	id, err := invitationID(v)
	if err != nil {
		return err
	}
	if err := a.DB.DeclineInvitation(v.UserContext(), v.by(), id, v.who.UserID); err != nil {
		return err
	}
	return v.SendStatus(http.StatusNoContent)
}
