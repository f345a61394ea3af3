package api

import (
	"mime"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/modes"
)

func (a modeAPI) export(v *request) error {
	view, err := parseView(v)
	if err != nil {
		return err
	}
	e := transfer.ModeExport{View: view, Format: v.Query("format", modes.FormatYAML), Slugs: queryList(v, "slug")}
	if !slices.Contains(transfer.ModeFormats(), e.Format) {
		return malformedQuery("format must be one of %s", strings.Join(transfer.ModeFormats(), ", "))
	}
	data, err := transfer.WriteModes(v.UserContext(), a.DB, v.org, a.Builtins, e)
	if err != nil {
		return err
	}
	return v.sendFile(e.Name(v.org.Slug), e.MediaType(), data)
}

// sendFile answers with a file to download.
func (v *request) sendFile(name, mediaType string, data []byte) error {
	v.Set(fiber.HeaderContentType, mediaType)
	v.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	return v.Send(data)
}

// queryList returns the values of a query parameter that can be repeated and can contain
// commas.
func queryList(v *request, name string) []string {
	var list []string
	for _, b := range v.Context().QueryArgs().PeekMulti(name) {
		list = append(list, splitCommas(string(b))...)
	}
	return list
}

func splitCommas(s string) []string {
	var list []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}
