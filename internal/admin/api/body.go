package api

import (
	"mime"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
)

const (
	mediaJSON       = "application/json"
	mediaYAML       = "application/yaml"
	mediaMergePatch = "application/merge-patch+json"
	mediaForm       = "multipart/form-data"
	mediaZip        = "application/zip"

	// maxSmall bounds bodies that are no modes, in bytes.
	maxSmall = 64 << 10
)

// mediaType is the body's, by its preferred name, and its parameters.
func mediaType(c *fiber.Ctx) (string, map[string]string) {
	media, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil && media == "" {
		return "", nil
	}
	switch media {
	case "application/x-zip-compressed":
		media = mediaZip
	case "text/yaml", "application/x-yaml", "text/x-yaml":
		media = mediaYAML
	}
	return media, params
}

func unsupported(c *fiber.Ctx, want string) error {
	c.Set("Accept", want)
	return fault.New(fault.Unsupported, "unsupported_media_type", "Say in Content-Type what this is; it can be %s", want)
}

// modeBody returns a body that is JSON or YAML, and whether it is YAML.
func modeBody(c *fiber.Ctx) (data []byte, isYAML bool, err error) {
	switch media, _ := mediaType(c); media {
	case mediaJSON:
		return c.BodyRaw(), false, nil
	case mediaYAML:
		return c.BodyRaw(), true, nil
	}
	return nil, false, unsupported(c, mediaJSON+", "+mediaYAML)
}

// jsonBody returns a body that is JSON.
func jsonBody(c *fiber.Ctx) ([]byte, error) {
	if media, _ := mediaType(c); media != mediaJSON {
		return nil, unsupported(c, mediaJSON)
	}
	return c.BodyRaw(), nil
}

// smallBody reads a body that is JSON and no mode into a struct, strictly: see
// jsonast.Node.Decode.
func smallBody(c *fiber.Ctx, into any) error {
	data, err := jsonBody(c)
	if err != nil {
		return err
	}
	return smallJSON(data, into)
}

// smallJSON is smallBody for JSON that comes in a field of a form.
func smallJSON(data []byte, into any) error {
	if len(data) > maxSmall {
		return fault.New(fault.TooLarge, "body_too_large", "At most %d KiB are taken here", maxSmall>>10)
	}
	return jsonast.DecodeJSON(data, smallBudget(), into)
}

// smallBudget bounds what a small body may become in memory.
func smallBudget() *jsonast.Budget {
	return &jsonast.Budget{
		Values: maxSmall / 8, Text: maxSmall, Depth: 16, What: "This",
		TooManyValues: fault.New(fault.TooLarge, "too_many_values", "This holds more than %d values", maxSmall/8),
		TooMuchText:   fault.New(fault.TooLarge, "body_too_large", "At most %d KiB are taken here", maxSmall>>10),
	}
}
