// Package auditexport writes the audit log for readers and programs, in the same form for
// the API and for operators. Package postgres records the entries.
package auditexport

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/postgres"
)

// Entry is an entry of the audit log.
type Entry struct {
	ID         int64     `json:"id"`
	OccurredAt time.Time `json:"occurred_at"`
	// Revision is the organization's revision that the change created. Changes that
	// concern people or tokens create none.
	Revision *int64  `json:"revision,omitempty"`
	Actor    Actor   `json:"actor"`
	Action   string  `json:"action"`
	Subject  Subject `json:"subject"`
	// Before and After are the whole content; each is absent if there was none.
	Before    json.RawMessage `json:"before,omitempty"`
	After     json.RawMessage `json:"after,omitempty"`
	RequestID string          `json:"request_id"`
	Source    string          `json:"source"`
}

// Actor is the author of the change, by the name at that time.
type Actor struct {
	Kind audit.ActorKind `json:"kind"`
	ID   string          `json:"id"`
	Name string          `json:"name"`
}

// Subject is the changed object.
type Subject struct {
	Kind audit.SubjectKind `json:"kind"`
	ID   string            `json:"id"`
	Name string            `json:"name"`
}

// NewEntry returns an entry in its exported form.
func NewEntry(e audit.Entry) Entry {
	return Entry{
		ID: e.ID, OccurredAt: e.OccurredAt, Revision: e.Revision, Action: e.Action,
		Actor:   Actor{e.By.Actor.Kind, e.By.Actor.ID, e.By.Actor.Name},
		Subject: Subject{e.Subject.Kind, e.Subject.ID, e.Subject.Name},
		Before:  e.Before, After: e.After, RequestID: e.By.RequestID, Source: e.By.Source,
	}
}

// The formats of an export.
const (
	CSV   = "csv"
	JSONL = "jsonl"
)

// Formats returns the formats of an export, the default first.
func Formats() []string { return []string{CSV, JSONL} }

// MediaType returns the Content-Type of an export in the given format.
func MediaType(format string) string {
	if format == CSV {
		return "text/csv; charset=utf-8"
	}
	return "application/jsonl"
}

// Bounds of the entries that are held at once, by count and by bytes of their contents.
const (
	pageSize  = 200
	pageBytes = 4 << 20
)

// Export writes all entries that match a filter, newest first. Entries recorded during
// the export are not included. The filter's Limit is ignored.
func Export(ctx context.Context, db *postgres.DB, org uuid.UUID, f postgres.AuditFilter, format string, w io.Writer) error {
	write, flush := jsonlWriter(w)
	if format == CSV {
		write, flush = csvWriter(w)
	}
	f.Limit = pageSize
	for {
		got, more, err := db.AuditPage(ctx, org, f, pageBytes)
		if err != nil {
			return err
		}
		for _, e := range got {
			if err := write(NewEntry(e)); err != nil {
				return fmt.Errorf("audit export: %w", err)
			}
		}
		if err := flush(); err != nil {
			return fmt.Errorf("audit export: %w", err)
		}
		if !more {
			return nil
		}
		f.Before = got[len(got)-1].ID
	}
}

func jsonlWriter(w io.Writer) (write func(Entry) error, flush func() error) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return func(e Entry) error { return enc.Encode(e) }, func() error { return nil }
}

// columns are the columns of a CSV export, in their order.
var columns = []string{
	"id", "occurred_at", "revision", "actor_kind", "actor_id", "actor_name", "action",
	"subject_kind", "subject_id", "subject_name", "request_id", "source", "before", "after",
}

func csvWriter(w io.Writer) (write func(Entry) error, flush func() error) {
	out := csv.NewWriter(w)
	begun := false
	begin := func() error {
		if begun {
			return nil
		}
		begun = true
		return out.Write(columns)
	}
	write = func(e Entry) error {
		if err := begin(); err != nil {
			return err
		}
		revision := ""
		if e.Revision != nil {
			revision = strconv.FormatInt(*e.Revision, 10)
		}
		row := []string{
			strconv.FormatInt(e.ID, 10), e.OccurredAt.Format(time.RFC3339Nano), revision,
			string(e.Actor.Kind), e.Actor.ID, e.Actor.Name, e.Action,
			string(e.Subject.Kind), e.Subject.ID, e.Subject.Name, e.RequestID, e.Source, string(e.Before), string(e.After),
		}
		for i := range row {
			row[i] = escapeFormula(row[i])
		}
		return out.Write(row)
	}
	return write, func() error {
		if err := begin(); err != nil {
			return err
		}
		out.Flush()
		return out.Error()
	}
}

// escapeFormula keeps a spreadsheet from interpreting a user's text as a formula (OWASP, "CSV
// Injection").
func escapeFormula(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
