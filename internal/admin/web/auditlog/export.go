package auditlog

import (
	"orgmodes/internal/admin/auditexport"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/fault"
)

// Export answers with a file of the audit log. It has exactly the entries that List shows
// for the same query, on all pages.
func (p *Pages) Export(v *shell.Request) error {
	f, form := parseQuery(v).filter()
	if len(form.ErrorFields) > 0 {
		return fault.New(fault.Malformed, "malformed_query", "%s", form.Errors[form.ErrorFields[0]])
	}
	options, err := auditexport.ParseOptions(v.Query("format"), v.Query("bom"))
	if err != nil {
		return fault.New(fault.Malformed, "malformed_query", "The audit log can't be exported: %s", err)
	}
	f.Before = 0
	return auditexport.Serve(v.Ctx, p.DB, p.Log, v.Org, f, options)
}
