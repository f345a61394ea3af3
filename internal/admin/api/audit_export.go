package api

import (
	"slices"
	"strings"

	"orgmodes/internal/admin/auditlog"
)

// auditExport writes the audit log as a file.
func (a *API) auditExport(v *visit) error {
	f, err := auditFilterOf(v)
	if err != nil {
		return err
	}
	format := v.Query("format", auditlog.CSV)
	if !slices.Contains(auditlog.Formats(), format) {
		return malformedQuery("format must be one of %s", strings.Join(auditlog.Formats(), ", "))
	}
	return auditlog.Answer(v.Ctx, a.DB, a.Log, v.org, f, format)
}
