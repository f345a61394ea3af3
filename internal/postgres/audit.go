package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres/sqlcgen"
)

// AuditFilter narrows the audit log; what is zero lets everything through.
type AuditFilter struct {
	// Actions are full names, such as "mode.update".
	Actions   []string
	ActorID   string
	SubjectID string
	// SubjectKind is the kind of thing that was changed.
	SubjectKind audit.SubjectKind
	// Text stands in the subject's or the actor's name, in the source, or in one of
	// the ids; case makes no difference.
	Text string
	// Since is inclusive, Until exclusive.
	Since, Until time.Time
	// Before is the id of the last entry of the page before.
	Before int64
	// Limit is the size of a page.
	Limit int
	// Heads leaves out what was before and after, see AuditContents.
	Heads bool
}

// AuditContent is what an entry says that was before and after a change.
type AuditContent struct{ Before, After json.RawMessage }

// AuditContents are those of entries of an organization's audit log, by their ids.
func (db *DB) AuditContents(ctx context.Context, org uuid.UUID, ids []int64) (map[int64]AuditContent, error) {
	rows, err := db.q.ListAuditContents(ctx, sqlcgen.ListAuditContentsParams{OrganizationID: &org, Ids: ids})
	if err != nil {
		return nil, fmt.Errorf("contents of audit entries: %w", err)
	}
	out := make(map[int64]AuditContent, len(rows))
	for _, r := range rows {
		out[r.ID] = AuditContent{r.Before, r.After}
	}
	return out, nil
}

// Audit lists an organization's audit log, newest first; of one moment the last that
// was recorded.
func (db *DB) Audit(ctx context.Context, org uuid.UUID, f AuditFilter) ([]audit.Entry, error) {
	p := sqlcgen.ListAuditParams{OrganizationID: &org, RowLimit: int32(f.Limit), Actions: f.Actions, Whole: !f.Heads} //nolint:gosec // a page's size
	if f.Before != 0 {
		at, err := db.q.AuditTime(ctx, sqlcgen.AuditTimeParams{OrganizationID: &org, ID: f.Before})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, fault.New(fault.Malformed, "malformed_query", "There is no entry %d in this audit log, to go on behind it", f.Before)
		}
		if err != nil {
			return nil, fmt.Errorf("time of an audit entry: %w", err)
		}
		p.BeforeTime, p.BeforeID = &at, f.Before
	}
	p.ActorID, p.SubjectID = orNil(f.ActorID), orNil(f.SubjectID)
	p.SubjectKind = orNil(string(f.SubjectKind))
	if f.Text != "" {
		pattern := "%" + literal.Replace(f.Text) + "%"
		p.Pattern = &pattern
	}
	p.Since, p.Until = orNil(f.Since), orNil(f.Until)
	rows, err := db.filtered.ListAudit(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("list audit: %w", err)
	}
	out := make([]audit.Entry, len(rows))
	for i, r := range rows {
		out[i] = toEntry(sqlcgen.AuditLog(r))
	}
	return out, nil
}

// AuditEntry is one entry of an organization's audit log.
func (db *DB) AuditEntry(ctx context.Context, org uuid.UUID, id int64) (audit.Entry, error) {
	r, err := db.q.GetAudit(ctx, sqlcgen.GetAuditParams{OrganizationID: &org, ID: id})
	if err != nil {
		return audit.Entry{}, orNotFound(err, "entry in this audit log")
	}
	return toEntry(r), nil
}

func toEntry(r sqlcgen.AuditLog) audit.Entry {
	return audit.Entry{
		ID: r.ID, OccurredAt: r.OccurredAt.UTC(), Organization: r.OrganizationID, Revision: r.Revision,
		By: audit.By{
			Actor:     audit.Actor{Kind: audit.ActorKind(r.ActorKind), ID: r.ActorID, Name: r.ActorName},
			RequestID: r.RequestID, Source: r.Source,
		},
		Action: r.Action, Subject: audit.Subject{Kind: audit.SubjectKind(r.SubjectKind), ID: r.SubjectID, Name: r.SubjectName},
		Before: r.Before, After: r.After,
	}
}

// literal makes a text stand for itself in a LIKE pattern.
var literal = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func orNil[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
