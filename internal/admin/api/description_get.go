package api

import (
	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/admin/openapi"
)

// descriptionYAML is this API's own description. It is for anybody: it tells
// nothing of anybody.
func descriptionYAML(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, "application/yaml; charset=utf-8")
	return c.Send(openapi.YAML())
}

func descriptionJSON(c *fiber.Ctx) error {
	data, err := openapi.JSON()
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	return c.Send(data)
}
