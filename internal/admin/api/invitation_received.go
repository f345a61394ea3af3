package api

import "net/http"

// receivedInvitationList lists the invitations of the user's own address, newest first. There are
// as few as there are organizations that invite the user.
func (a *API) receivedInvitationList(v *request) error {
	all, err := a.DB.InvitationsForEmail(v.UserContext(), v.principal.Email)
	if err != nil {
		return err
	}
	return answer(v.Ctx, http.StatusOK, struct {
		Invitations []receivedInvitation `json:"invitations"`
	}{mapSlice(all, receivedInvitationOf)})
}

// receivedInvitationAccept makes the user a member.
func (a *API) receivedInvitationAccept(v *request) error {
	id, err := invitationID(v)
	if err != nil {
		return err
	}
	accepted, err := a.DB.AcceptInvitation(v.UserContext(), v.by(), id, v.principal.UserID)
	if err != nil {
		return err
	}
	return answer(v.Ctx, http.StatusOK, receivedInvitationOf(accepted).Organization)
}

// receivedInvitationDecline ends one of the user's own invitations.
func (a *API) receivedInvitationDecline(v *request) error {
	id, err := invitationID(v)
	if err != nil {
		return err
	}
	if err := a.DB.DeclineInvitation(v.UserContext(), v.by(), id, v.principal.UserID); err != nil {
		return err
	}
	return v.SendStatus(http.StatusNoContent)
}
