package api

import (
	"encoding/json"
	"sync"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/manifest"
	"orgmodes/internal/resource"
)

// description returns a handler that answers with this API's own description, which is
// made once. It is for anybody: it tells nothing of anybody.
func description(media string, of func([]resource.Kind) ([]byte, error), kinds []resource.Kind) fiber.Handler {
	whole := sync.OnceValues(func() ([]byte, error) { return of(kinds) })
	return only(func(c *fiber.Ctx) error {
		data, err := whole()
		if err != nil {
			return err
		}
		c.Set(fiber.HeaderContentType, media)
		return c.Send(data)
	})
}

// schemaGet answers with the JSON Schema of the manifests of a kind, by which an editor
// completes them. It is for anybody, too.
func (a *API) schemaGet(c *fiber.Ctx) error {
	k, ok := resource.FindKind(a.DB.Kinds(), c.Params("kind"))
	if !ok {
		return fault.New(fault.NotFound, "not_found", "There is no such kind")
	}
	schema := append(jsonast.Map{{Name: "$schema", Value: manifest.SchemaVersion}, {Name: "title", Value: k.Names().Manifest}}, manifest.Schema(k)...)
	data, err := json.Marshal(schema)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/schema+json")
	return c.Send(data)
}
