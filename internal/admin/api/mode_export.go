package api

import (
	"mime"
	"strings"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/admin/files"
	"orgmodes/internal/modes"
)

func (a *API) modeExport(v *visit) error {
	view, err := viewOf(v)
	if err != nil {
		return err
	}
	e := files.Export{View: view, Format: v.Query("format", modes.FormatYAML)}
	for _, s := range v.Context().QueryArgs().PeekMulti("slug") {
		for slug := range strings.SplitSeq(string(s), ",") {
			e.Slugs = append(e.Slugs, strings.TrimSpace(slug))
		}
	}
	switch e.Format {
	case modes.FormatYAML:
		v.Set(fiber.HeaderContentType, "application/yaml; charset=utf-8")
	case modes.FormatJSON:
		v.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	default:
		return malformedQuery("format is yaml or json")
	}
	data, err := files.Write(v.UserContext(), a.DB, v.org.ID, a.Builtins, e)
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": e.Name(v.org.Slug)}))
	return v.Send(data)
}
