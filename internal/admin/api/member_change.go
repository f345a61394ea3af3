package api

import "net/http"

func (a *API) memberChange(v *request) error {
	user, err := memberID(v)
	if err != nil {
		return err
	}
	var sent struct {
		Role string `json:"role"`
	}
	if err := smallBody(v.Ctx, &sent); err != nil {
		return err
	}
	role, err := parseRole(sent.Role)
	if err != nil {
		return err
	}
	if err := a.DB.ChangeRole(v.UserContext(), v.by(), v.org.ID, user, string(role), v.checkMemberAccess(user, role)); err != nil {
		return err
	}
	m, err := a.findMember(v, user)
	if err != nil {
		return err
	}
	return answer(v.Ctx, http.StatusOK, m)
}
