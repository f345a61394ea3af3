package api

import (
	"slices"
	"strings"

	"orgmodes/internal/admin/files"
)

// export writes templates as files: all of them, or the ones that ?template= selects by
// id or name.
func (a templateAPI) export(v *visit) error {
	e := files.TemplateExport{Format: v.Query("format", files.FormatZip)}
	for _, ref := range v.Context().QueryArgs().PeekMulti("template") { // names can have commas
		e.Refs = append(e.Refs, string(ref))
	}
	if !slices.Contains(files.TemplateFormats(), e.Format) {
		return malformedQuery("format must be one of %s", strings.Join(files.TemplateFormats(), ", "))
	}
	data, err := files.WriteTemplates(v.UserContext(), a.DB, v.org.ID, e)
	if err != nil {
		return err
	}
	return v.sendFile(e.Name(v.org.Slug), e.MediaType(), data)
}
