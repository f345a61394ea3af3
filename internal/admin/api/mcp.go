package api

import (
	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/mcp"
	"orgmodes/internal/admin/middleware"
)

// serveMCP answers agents, in the organization that their access token grants. It refuses
// requests from web pages, whatever name the page was loaded by.
func (a *API) serveMCP(r access.Request) fiber.Handler {
	handler := mcp.NewHandler(a.DB, a.Builtins, a.Log)
	answer := a.requireToken(r, func(v *request) error {
		if _, err := jsonBody(v.Ctx); err != nil {
			return err
		}
		return handler.Serve(v.Ctx, v.org.ID, middleware.ID(v.Ctx))
	})
	return func(c *fiber.Ctx) error {
		if err := a.Auth.CheckHost(c); err != nil {
			return err
		}
		return answer(c)
	}
}
