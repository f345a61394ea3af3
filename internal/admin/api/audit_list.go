package api

import (
	"slices"
	"time"

	"orgmodes/internal/admin/auditexport"
	"orgmodes/internal/audit"
	"orgmodes/internal/humanize"
	"orgmodes/internal/postgres"
	"orgmodes/internal/suggest"
)

// auditList lists the audit log, newest first.
func (a *API) auditList(v *request) error {
	p, err := parsePaging(v.Ctx, 50, 200)
	if err != nil {
		return err
	}
	f, err := parseAuditFilter(v)
	if err != nil {
		return err
	}
	f.Before, f.Limit = p.cursor.Before, p.limit
	got, more, err := a.DB.AuditPage(v.UserContext(), v.org.ID, f, maxPageBytes)
	if err != nil {
		return err
	}
	next := ""
	if more {
		next = cursor{Before: got[len(got)-1].ID}.String()
	}
	list := make([]auditexport.Entry, len(got))
	for i, e := range got {
		list[i] = auditexport.NewEntry(e)
	}
	return answer(v.Ctx, 200, struct {
		Entries    []auditexport.Entry `json:"entries"`
		NextCursor string              `json:"next_cursor,omitempty"`
	}{list, next})
}

// parseAuditFilter parses ?action= (repeatable), ?actor=, ?subject=, ?since= and ?until=; see
// audit.ParseSince and audit.ParseUntil.
func parseAuditFilter(v *request) (postgres.AuditFilter, error) {
	f := postgres.AuditFilter{ActorID: v.Query("actor"), SubjectID: v.Query("subject"), Actions: queryList(v, "action")}
	for _, action := range f.Actions {
		if all := audit.Actions(); !slices.Contains(all, action) {
			return f, malformedQuery("unknown action %q%s", humanize.Truncate(action, 60), suggest.HintNear("; the closest match is %s", action, all))
		}
	}
	for _, bound := range []struct {
		name  string
		parse func(string) (time.Time, error)
		to    *time.Time
	}{{"since", audit.ParseSince, &f.Since}, {"until", audit.ParseUntil, &f.Until}} {
		t, err := bound.parse(v.Query(bound.name))
		if err != nil {
			return f, malformedQuery("%s must be a time such as 2026-05-01T12:00:00Z, or a day such as 2026-05-01", bound.name)
		}
		*bound.to = t
	}
	return f, nil
}
