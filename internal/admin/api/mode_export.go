package api

import (
	"mime"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/modes"
)

func (a modeAPI) export(v *visit) error {
	view, err := viewOf(v)
	if err != nil {
		return err
	}
	e := transfer.Export{View: view, Format: v.Query("format", modes.FormatYAML), Slugs: listOf(v, "slug")}
	if !slices.Contains(transfer.Formats(), e.Format) {
		return malformedQuery("format must be one of %s", strings.Join(transfer.Formats(), ", "))
	}
	data, err := transfer.Write(v.UserContext(), a.DB, v.org, a.Builtins, e)
	if err != nil {
		return err
	}
	return v.sendFile(e.Name(v.org.Slug), e.MediaType(), data)
}

// sendFile answers with a file to download.
func (v *visit) sendFile(name, mediaType string, data []byte) error {
	v.Set(fiber.HeaderContentType, mediaType)
	v.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	return v.Send(data)
}

// listOf returns the values of a query parameter that can be repeated and can contain
// commas.
func listOf(v *visit, name string) []string {
	var list []string
	for _, b := range v.Context().QueryArgs().PeekMulti(name) {
		list = append(list, split(string(b))...)
	}
	return list
}

func split(s string) []string {
	var list []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}
