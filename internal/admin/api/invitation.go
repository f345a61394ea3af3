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

func (v *visit) invitation(i postgres.Invitation) invitation {
	return invitationOf(i, actions.Of(v.may, v.address("/invitations/"+i.ID.String()), []actions.Definition{actions.Withdraw.On(involves(access.Role(i.Role)))}))
}

// involves returns the request to change members that have, or get, a role.
func involves(role access.Role) access.Request {
	return access.Request{Action: access.ManageMembers, Roles: []access.Role{role}}
}

// invited is an invitation as the invited user sees it.
type invited struct {
	invitation
	Organization membership `json:"organization"`
}

func invitedOf(i postgres.Invited) invited {
	theirs := func(access.Request) access.Verdict { return access.Verdict{Allowed: true} }
	can := actions.Of(theirs, "/api/v1/invitations/"+i.ID.String(), []actions.Definition{actions.Accept, actions.Decline})
	return invited{invitationOf(i.Invitation, can), membership{ID: i.OrganizationID, Slug: i.Slug, Name: i.Name, Role: access.Role(i.Role)}}
}

// invitationID parses the invitation's id in the path.
func invitationID(v *visit) (uuid.UUID, error) {
	id, err := uuid.Parse(v.Params("invitation"))
	if err != nil {
		return id, fault.New(fault.NotFound, "not_found", "There is no such invitation")
	}
	return id, nil
}
