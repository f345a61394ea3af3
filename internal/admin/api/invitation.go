package api

import (
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/actions"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// invitation invites an email address to become a member.
type invitation struct {
	ID    uuid.UUID `json:"id"`
	Email string    `json:"email"`
	Role  string    `json:"role"`
	// InvitedBy is a user's id, or an operator's name.
	InvitedBy string    `json:"invited_by"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`

	Actions actions.List `json:"actions"`
}

func invitationOf(i postgres.Invitation, can actions.List) invitation {
	return invitation{i.ID, i.Email, i.Role, i.InvitedBy, i.CreatedAt, i.ExpiresAt, can}
}

func (v *request) invitation(i postgres.Invitation) invitation {
	return invitationOf(i, actions.NewList(v.decide, v.address("/invitations/"+i.ID.String()), []actions.Definition{actions.Withdraw.AlsoNeeds(roleAccess(access.Role(i.Role)))}))
}

// roleAccess returns the request to change members that have, or get, a role.
func roleAccess(role access.Role) access.Request {
	return access.Request{Action: access.ManageMembers, Roles: []access.Role{role}}
}

// receivedInvitation is an invitation as the invited user sees it.
type receivedInvitation struct {
	invitation
	Organization membership `json:"organization"`
}

func receivedInvitationOf(i postgres.ReceivedInvitation) receivedInvitation {
	allowed := func(access.Request) access.Decision { return access.Decision{Allowed: true} }
	can := actions.NewList(allowed, "/api/v1/invitations/"+i.ID.String(), []actions.Definition{actions.Accept, actions.Decline})
	return receivedInvitation{invitationOf(i.Invitation, can), membership{ID: i.OrganizationID, Slug: i.Slug, Name: i.Name, Role: access.Role(i.Role)}}
}

// invitationID parses the invitation's id in the path.
func invitationID(v *request) (uuid.UUID, error) {
	id, err := uuid.Parse(v.Params("invitation"))
	if err != nil {
		return id, fault.New(fault.NotFound, "not_found", "There is no such invitation")
	}
	return id, nil
}
