package api

import (
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// invitation asks an address to become a member.
type invitation struct {
	ID    uuid.UUID `json:"id"`
	Email string    `json:"email"`
	Role  string    `json:"role"`
	// InvitedBy is a user's id, or the name of an operator.
	InvitedBy string    `json:"invited_by"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

func invitationOf(i postgres.Invitation) invitation {
	return invitation{i.ID, i.Email, i.Role, i.InvitedBy, i.CreatedAt, i.ExpiresAt}
}

// invited is an invitation as the one who is invited sees it.
type invited struct {
	invitation
	Organization membership `json:"organization"`
}

func invitedOf(i postgres.Invited) invited {
	return invited{invitationOf(i.Invitation), membership{i.OrganizationID, i.Slug, i.Name, access.Role(i.Role)}}
}

// invitationID reads the invitation of the path.
func invitationID(v *visit) (uuid.UUID, error) {
	id, err := uuid.Parse(v.Params("invitation"))
	if err != nil {
		return id, fault.New(fault.NotFound, "not_found", "There is no such invitation")
	}
	return id, nil
}
