package api

import (
	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/mcp"
	"orgmodes/internal/admin/middleware"
)

// agents answers agents, in the organization that their access token opens. It refuses
// requests from web pages, whatever name the page was loaded by.
func (a *API) agents(r access.Request) fiber.Handler {
	door := mcp.NewDoor(a.DB, a.Builtins, a.Log)
	answer := a.ofToken(r, func(v *visit) error {
		if _, err := jsonBody(v.Ctx); err != nil {
			return err
		}
		return door.Answer(v.Ctx, v.org.ID, middleware.ID(v.Ctx))
	})
	return func(c *fiber.Ctx) error {
		if err := a.Auth.NoOtherSite(c); err != nil {
			return err
		}
		return answer(c)
	}
}
