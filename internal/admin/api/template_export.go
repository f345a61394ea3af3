package api

import (
	"slices"
	"strings"

	"orgmodes/internal/admin/transfer"
)

// export writes templates as files: all of them, or the ones that ?template= selects by
// id or name.
func (a templateAPI) export(v *request) error {
	e := transfer.TemplateExport{Format: v.Query("format", transfer.FormatZip)}
	for _, ref := range v.Context().QueryArgs().PeekMulti("template") { // names can have commas
		e.Refs = append(e.Refs, string(ref))
	}
	if !slices.Contains(transfer.TemplateFormats(), e.Format) {
		return malformedQuery("format must be one of %s", strings.Join(transfer.TemplateFormats(), ", "))
	}
	data, err := transfer.WriteTemplates(v.UserContext(), a.DB, v.org.ID, e)
	if err != nil {
		return err
	}
	return v.sendFile(e.Name(v.org.Slug), e.MediaType(), data)
}
