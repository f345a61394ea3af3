package api

import (
	"slices"
	"strings"

	"orgmodes/internal/admin/auditexport"
)

// auditExport writes the audit log as a file.
func (a *API) auditExport(v *request) error {
	f, err := parseAuditFilter(v)
	if err != nil {
		return err
	}
	format := v.Query("format", auditexport.CSV)
	if !slices.Contains(auditexport.Formats(), format) {
		return malformedQuery("format must be one of %s", strings.Join(auditexport.Formats(), ", "))
	}
	return auditexport.Serve(v.Ctx, a.DB, a.Log, v.org, f, format)
}
