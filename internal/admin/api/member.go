package api

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/actions"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

// member is a user in an organization.
type member struct {
	User     person    `json:"user"`
	Role     string    `json:"role"`
	JoinedAt time.Time `json:"joined_at"`

	Actions actions.List `json:"actions"`
}

func (v *request) member(m postgres.Member) member {
	touches := v.memberAccess(m.User.ID, access.Role(m.Role))
	return member{personOf(m.User), m.Role, m.JoinedAt, actions.NewList(v.decide, v.address("/members/"+m.User.ID.String()),
		[]actions.Definition{actions.ChangeRole.AlsoNeeds(touches), actions.Remove.AlsoNeeds(touches)})}
}

// memberAccess returns the request to change a member, which takes away or grants roles.
func (v *request) memberAccess(user uuid.UUID, roles ...access.Role) access.Request {
	return access.Request{Action: access.ManageMembers, Own: user == v.principal.UserID, Roles: roles}
}

// parseRole validates a role in a request.
func parseRole(s string) (access.Role, error) {
	if role := access.Role(s); slices.Contains([]access.Role{access.Owner, access.Admin, access.Member}, role) {
		return role, nil
	}
	return access.None, fault.New(fault.Invalid, "invalid_member", "The member was not saved").
		With(fault.Field{Pointer: "/role", Detail: "The role must be owner, admin or member"})
}

// memberID parses the user's id in the path.
func memberID(v *request) (uuid.UUID, error) {
	id, err := uuid.Parse(v.Params("user"))
	if err != nil {
		return id, fault.New(fault.NotFound, "not_found", "There is no such member")
	}
	return id, nil
}

// checkMemberAccess returns a check for the transaction of a change. It decides by the role that
// the member has at that time, so that an admin can't change a member who has just
// become an owner.
func (v *request) checkMemberAccess(user uuid.UUID, to ...access.Role) func(before string) error {
	return func(before string) error {
		return v.decide(v.memberAccess(user, append(to, access.Role(before))...)).Err()
	}
}

// findMember returns a member as in the list.
func (a *API) findMember(v *request, user uuid.UUID) (member, error) {
	all, err := a.DB.Members(v.UserContext(), v.org.ID)
	if err != nil {
		return member{}, err
	}
	for _, m := range all {
		if m.User.ID == user {
			return v.member(m), nil
		}
	}
	return member{}, fault.New(fault.NotFound, "not_found", "There is no such member")
}
