package api

import (
	"encoding/json"
	"strings"
	"time"

	"orgmodes/internal/audit"
	"orgmodes/internal/postgres"
)

// entry is a line of the audit log.
type entry struct {
	ID         int64           `json:"id"`
	OccurredAt time.Time       `json:"occurred_at"`
	Revision   *int64          `json:"revision,omitempty"`
	Actor      actor           `json:"actor"`
	Action     string          `json:"action"`
	Subject    subject         `json:"subject"`
	Before     json.RawMessage `json:"before,omitempty"`
	After      json.RawMessage `json:"after,omitempty"`
	RequestID  string          `json:"request_id"`
	Source     string          `json:"source"`
}

type subject struct {
	Kind audit.SubjectKind `json:"kind"`
	ID   string            `json:"id"`
	Name string            `json:"name"`
}

// auditList lists the audit log, newest first: ?action= (several), ?actor=,
// ?subject=, ?since= (inclusive), ?until= (exclusive).
func (a *API) auditList(v *visit) error {
	p, err := pagingOf(v.Ctx, 50, 200)
	if err != nil {
		return err
	}
	f := postgres.AuditFilter{
		ActorID: v.Query("actor"), SubjectID: v.Query("subject"), Before: p.cursor.Before, Limit: p.limit + 1,
	}
	for _, b := range v.Context().QueryArgs().PeekMulti("action") {
		for action := range strings.SplitSeq(string(b), ",") {
			f.Actions = append(f.Actions, strings.TrimSpace(action))
		}
	}
	if f.Since, err = timeOf(v, "since"); err != nil {
		return err
	}
	if f.Until, err = timeOf(v, "until"); err != nil {
		return err
	}
	got, err := a.DB.Audit(v.UserContext(), v.org.ID, f)
	if err != nil {
		return err
	}
	got, next := counted(p, got, func(e audit.Entry) int64 { return e.ID })
	list := make([]entry, len(got))
	for i, e := range got {
		list[i] = entry{
			ID: e.ID, OccurredAt: e.OccurredAt, Revision: e.Revision, Action: e.Action,
			Actor:   actor{e.By.Actor.Kind, e.By.Actor.ID, e.By.Actor.Name},
			Subject: subject{e.Subject.Kind, e.Subject.ID, e.Subject.Name},
			Before:  e.Before, After: e.After, RequestID: e.By.RequestID, Source: e.By.Source,
		}
	}
	return answer(v.Ctx, 200, struct {
		Entries    []entry `json:"entries"`
		NextCursor string  `json:"next_cursor,omitempty"`
	}{list, next})
}

// timeOf reads a time or a day of the query.
func timeOf(v *visit, name string) (time.Time, error) {
	q := v.Query(name)
	if q == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, q); err == nil {
			return t, nil
		}
	}
	return time.Time{}, malformedQuery("%s is a time such as 2026-05-01T12:00:00Z, or a day such as 2026-05-01", name)
}
