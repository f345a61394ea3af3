package api

import "orgmodes/internal/admin/auditexport"

// auditExport writes the audit log as a file.
func (a *API) auditExport(v *request) error {
	f, err := parseAuditFilter(v)
	if err != nil {
		return err
	}
	options, err := auditexport.ParseOptions(v.Query("format"), v.Query("bom"))
	if err != nil {
		return malformedQuery("%s", err)
	}
	return auditexport.Serve(v.Ctx, a.DB, a.Log, v.org, f, options)
}
