package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"
)

// invitationCreate invites an address to become a member. The effect and the answer are
// the same whether or not the address has an account.
func (a *API) invitationCreate(v *request) error {
	var sent struct {
		Email string `json:"email"`
		Role  string `json:"role"`
	}
	if err := smallBody(v.Ctx, &sent); err != nil {
		return err
	}
	role, err := parseRole(sent.Role)
	if err != nil {
		return err
	}
	if err := v.decide(roleAccess(role)).Err(); err != nil {
		return err
	}
	created, err := a.DB.Invite(v.UserContext(), v.by(), v.org.ID, sent.Email, string(role))
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderLocation, v.address("/invitations/"+created.ID.String()))
	return answer(v.Ctx, http.StatusCreated, v.invitation(created))
}
