package api

import (
	"net/http"

	"orgmodes/internal/access"
	"orgmodes/internal/fault"
)

// memberAdd makes somebody who has an account a member.
func (a *API) memberAdd(v *visit) error {
	var sent struct {
		Email string `json:"email"`
		Role  string `json:"role"`
	}
	if err := smallBody(v.Ctx, &sent); err != nil {
		return err
	}
	role, err := roleOf(sent.Role)
	if err != nil {
		return err
	}
	if err := v.may(access.Request{Action: access.ManageMembers, Roles: []access.Role{role}}).Err(); err != nil {
		return err
	}
	u, err := a.DB.UserByEmail(v.UserContext(), sent.Email)
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.Invalid, "unknown_user", "The member was not added").
			With(fault.Field{Pointer: "/email", Detail: "Nobody with this address has an account; an operator makes accounts with `admin user create`"})
	}
	if err != nil {
		return err
	}
	if err := a.DB.AddMember(v.UserContext(), v.by(), v.org.ID, u.ID, string(role)); err != nil {
		return err
	}
	m, err := a.findMember(v, u.ID)
	if err != nil {
		return err
	}
	return answer(v.Ctx, http.StatusCreated, m)
}
