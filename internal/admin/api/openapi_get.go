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

// openAPI returns a handler that serves this API's own description, which is built
// once. It needs no authentication, because it contains no one's data.
func openAPI(media string, of func([]resource.Kind) ([]byte, error), kinds []resource.Kind) fiber.Handler {
	document := sync.OnceValues(func() ([]byte, error) { return of(kinds) })
	return withParams(func(c *fiber.Ctx) error {
		data, err := document()
		if err != nil {
			return err
		}
		c.Set(fiber.HeaderContentType, media)
		return c.Send(data)
	})
}

// schemaGet returns the JSON Schema of the manifests of a kind, which editors use for
// completion. It needs no authentication, either.
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
