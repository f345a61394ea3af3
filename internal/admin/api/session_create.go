package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/middleware"
)

// sessionCreate signs in with a password. The response sets the cookie and contains the
// csrf_token for it.
func (a *API) sessionCreate(c *fiber.Ctx) error {
	var sent struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}
	if err := smallBody(c, &sent); err != nil {
		return err
	}
	u, s, err := a.Auth.SignIn(c, middleware.Source(c), sent.Email, sent.Password)
	if err != nil {
		return err
	}
	v := &request{Ctx: c, principal: access.Principal{Kind: access.User, UserID: u.ID, Name: u.Name, Email: u.Email}}
	out, err := a.sessionOf(v, &s)
	if err != nil {
		return err
	}
	return answer(c, http.StatusCreated, out)
}
