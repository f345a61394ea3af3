package postgres

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
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
}

// Audit lists an organization's audit log, newest first.
func (db *DB) Audit(ctx context.Context, org uuid.UUID, f AuditFilter) ([]audit.Entry, error) {
	if f.Before == 0 {
		f.Before = math.MaxInt64
	}
	p := sqlcgen.ListAuditParams{OrganizationID: &org, BeforeID: f.Before, RowLimit: int32(f.Limit), Actions: f.Actions} //nolint:gosec // a page's size
	p.ActorID, p.SubjectID = orNil(f.ActorID), orNil(f.SubjectID)
	p.SubjectKind = orNil(string(f.SubjectKind))
	if f.Text != "" {
		pattern := "%" + literal.Replace(f.Text) + "%"
		p.Pattern = &pattern
	}
	p.Since, p.Until = orNil(f.Since), orNil(f.Until)
	rows, err := db.q.ListAudit(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("list audit: %w", err)
	}
	out := make([]audit.Entry, len(rows))
	for i, r := range rows {
		out[i] = audit.Entry{
			ID: r.ID, OccurredAt: r.OccurredAt.UTC(), Organization: r.OrganizationID, Revision: r.Revision,
			By: audit.By{
				Actor:     audit.Actor{Kind: audit.ActorKind(r.ActorKind), ID: r.ActorID, Name: r.ActorName},
				RequestID: r.RequestID, Source: r.Source,
			},
			Action: r.Action, Subject: audit.Subject{Kind: audit.SubjectKind(r.SubjectKind), ID: r.SubjectID, Name: r.SubjectName},
			Before: r.Before, After: r.After,
		}
	}
	return out, nil
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
