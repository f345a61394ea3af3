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

// AuditFilter narrows the audit log; zero fields match everything.
type AuditFilter struct {
	// Actions are full names, such as "mode.update".
	Actions   []string
	ActorID   string
	SubjectID string
	// SubjectKind is the kind of thing that was changed.
	SubjectKind audit.SubjectKind
	// Text is part of the subject's or the actor's name, of the source, or of one of the
	// ids, ignoring case.
	Text string
	// Since is inclusive, Until exclusive.
	Since, Until time.Time
	// Before is the id of the last entry of the previous page.
	Before int64
	// Limit is the size of a page.
	Limit int
}

// AuditSummary is an entry without its content.
type AuditSummary struct {
	audit.Entry
	// storedBytes is the size of its content on disk, in bytes. Content that is stored compressed
	// may be much larger.
	storedBytes int64
}

// AuditContent holds an entry's content before and after a change.
type AuditContent struct{ Before, After json.RawMessage }

const (
	// maxCompressionRatio is how many times larger than on disk the largest contents are.
	maxCompressionRatio = 64
	// maxContentBytesPerQuery bounds the contents read by one query, in bytes as estimated
	// with maxCompressionRatio.
	maxContentBytesPerQuery = 16 << 20
)

// AuditContents reads the contents of entries by id, in their order, until these reach
// maxBytes. It always includes the first one.
func (db *DB) AuditContents(ctx context.Context, org uuid.UUID, summaries []AuditSummary, maxBytes int) (map[int64]AuditContent, error) {
	out, total := make(map[int64]AuditContent, len(summaries)), 0
	for len(summaries) > 0 {
		var ids []int64
		var estimated int64
		for _, h := range summaries {
			if estimated += h.storedBytes * maxCompressionRatio; len(ids) > 0 && estimated > maxContentBytesPerQuery {
				break
			}
			ids = append(ids, h.ID)
		}
		rows, err := db.q.ListAuditContents(ctx, sqlcgen.ListAuditContentsParams{OrganizationID: &org, Ids: ids})
		if err != nil {
			return nil, fmt.Errorf("contents of audit entries: %w", err)
		}
		got := make(map[int64]AuditContent, len(rows))
		for _, r := range rows {
			got[r.ID] = AuditContent{r.Before, r.After}
		}
		for _, id := range ids {
			content := got[id]
			if total += len(content.Before) + len(content.After); total > maxBytes && len(out) > 0 {
				return out, nil
			}
			out[id] = content
		}
		summaries = summaries[len(ids):]
	}
	return out, nil
}

// AuditPage lists entries as AuditSummaries does, with their contents. A page has at most
// f.Limit entries, and fewer if their contents reach maxBytes first. more reports whether
// there are entries after the last one.
func (db *DB) AuditPage(ctx context.Context, org uuid.UUID, f AuditFilter, maxBytes int) (page []audit.Entry, more bool, err error) {
	limit := f.Limit
	f.Limit++ // one more, to learn whether there are others
	summaries, err := db.AuditSummaries(ctx, org, f)
	if err != nil {
		return nil, false, err
	}
	if more = len(summaries) > limit; more {
		summaries = summaries[:limit]
	}
	contents, err := db.AuditContents(ctx, org, summaries, maxBytes)
	if err != nil {
		return nil, false, err
	}
	page = make([]audit.Entry, 0, len(contents))
	for _, h := range summaries {
		content, ok := contents[h.ID]
		if !ok {
			return page, true, nil
		}
		h.Before, h.After = content.Before, content.After
		page = append(page, h.Entry)
	}
	return page, more, nil
}

// AuditSummaries lists an organization's audit log, newest first. Of entries with the same time,
// the last one recorded comes first.
func (db *DB) AuditSummaries(ctx context.Context, org uuid.UUID, f AuditFilter) ([]AuditSummary, error) {
	p := sqlcgen.ListAuditParams{OrganizationID: &org, RowLimit: int32(f.Limit), Actions: f.Actions}
	if f.Before != 0 {
		at, err := db.q.GetAuditTime(ctx, sqlcgen.GetAuditTimeParams{OrganizationID: &org, ID: f.Before})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, fault.New(fault.Malformed, "malformed_query", "There is no entry %d in this audit log to continue after", f.Before)
		}
		if err != nil {
			return nil, fmt.Errorf("time of an audit entry: %w", err)
		}
		p.BeforeTime, p.BeforeID = &at, f.Before
	}
	p.ActorID, p.SubjectID = ptrOrNil(f.ActorID), ptrOrNil(f.SubjectID)
	p.SubjectKind = ptrOrNil(string(f.SubjectKind))
	if f.Text != "" {
		pattern := "%" + likeEscaper.Replace(f.Text) + "%"
		p.Pattern = &pattern
	}
	p.Since, p.Until = ptrOrNil(f.Since), ptrOrNil(f.Until)
	rows, err := db.customPlan.ListAudit(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("list audit: %w", err)
	}
	out := make([]AuditSummary, len(rows))
	for i, r := range rows {
		out[i] = AuditSummary{toEntry(sqlcgen.AuditLog{
			ID: r.ID, OccurredAt: r.OccurredAt, OrganizationID: r.OrganizationID, Revision: r.Revision, ActorKind: r.ActorKind,
			ActorID: r.ActorID, ActorName: r.ActorName, Action: r.Action, SubjectKind: r.SubjectKind, SubjectID: r.SubjectID,
			SubjectName: r.SubjectName, RequestID: r.RequestID, Source: r.Source,
		}), r.Stored}
	}
	return out, nil
}

// AuditEntry returns one entry of an organization's audit log.
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
		By: audit.Attribution{
			Actor:     audit.Actor{Kind: audit.ActorKind(r.ActorKind), ID: r.ActorID, Name: r.ActorName},
			RequestID: r.RequestID, Source: r.Source,
		},
		Action: r.Action, Subject: audit.Subject{Kind: audit.SubjectKind(r.SubjectKind), ID: r.SubjectID, Name: r.SubjectName},
		Before: r.Before, After: r.After,
	}
}

// likeEscaper escapes a text so that a LIKE pattern matches it literally.
var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func ptrOrNil[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func valueOrZero[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
