package api

import "net/http"

// invitedList lists the invitations of the user's own address, newest first. There are
// as few as there are organizations that invite the user.
func (a *API) invitedList(v *visit) error {
	all, err := a.DB.InvitationsOf(v.UserContext(), v.who.Email)
	if err != nil {
		return err
	}
	return answer(v.Ctx, http.StatusOK, struct {
		Invitations []invited `json:"invitations"`
	}{eachOf(all, invitedOf)})
}

// invitedAccept makes the user a member.
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

// invitedDecline ends one of the user's own invitations.
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
