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

	// maxSmallBody bounds the bodies that smallBody reads, in bytes.
	maxSmallBody = 64 << 10
)

// mediaType returns the body's media type, by its preferred name, and its parameters.
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
	return fault.New(fault.Unsupported, "unsupported_media_type", "Content-Type is required; it can be %s", want)
}

// modeBody returns a JSON or YAML body, and whether it is YAML.
func modeBody(c *fiber.Ctx) (data []byte, isYAML bool, err error) {
	switch media, _ := mediaType(c); media {
	case mediaJSON:
		return c.BodyRaw(), false, nil
	case mediaYAML:
		return c.BodyRaw(), true, nil
	}
	return nil, false, unsupported(c, mediaJSON+", "+mediaYAML)
}

// jsonBody returns a JSON body.
func jsonBody(c *fiber.Ctx) ([]byte, error) {
	if media, _ := mediaType(c); media != mediaJSON {
		return nil, unsupported(c, mediaJSON)
	}
	return c.BodyRaw(), nil
}

// smallBody decodes a JSON body that isn't a mode into a struct, strictly: see
// jsonast.Node.Decode.
func smallBody(c *fiber.Ctx, into any) error {
	data, err := jsonBody(c)
	if err != nil {
		return err
	}
	return smallJSON(data, into)
}

// smallJSON is smallBody for JSON in a form field.
func smallJSON(data []byte, into any) error {
	if len(data) > maxSmallBody {
		return fault.New(fault.TooLarge, "body_too_large", "The request can have at most %d KiB", maxSmallBody>>10)
	}
	return jsonast.DecodeJSON(data, smallBudget(), into)
}

// smallBudget bounds the memory that a small body can take once parsed.
func smallBudget() *jsonast.Budget {
	return &jsonast.Budget{
		Values: maxSmallBody / 8, Text: maxSmallBody, Depth: 16, InputName: "This",
		TooManyValues: fault.New(fault.TooLarge, "too_many_values", "The request holds more than %d values", maxSmallBody/8),
		TooMuchText:   fault.New(fault.TooLarge, "body_too_large", "The request can have at most %d KiB", maxSmallBody>>10),
	}
}
