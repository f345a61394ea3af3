// Package auditexport writes the audit log for readers and programs, in the same form for
// the API and for operators. Package postgres records the entries.
package auditexport

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

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

// Options are the format of an export and its variants.
type Options struct {
	// Format is one of Formats.
	Format string
	// BOM starts a CSV file with a byte order mark (U+FEFF). Without one, Excel reads the file
	// in the encoding of the system's locale instead of UTF-8.
	BOM bool
}

// ParseOptions returns the Options for the query parameters format and bom, which may be empty.
func ParseOptions(format, bom string) (Options, error) {
	o := Options{Format: cmp.Or(format, CSV), BOM: bom == "true"}
	switch {
	case bom != "" && bom != "true" && bom != "false":
		return o, errors.New("bom must be true or false")
	default:
		return o, o.Check()
	}
}

// Check returns an error if there is no such format, or if it has no byte order mark.
func (o Options) Check() error {
	switch {
	case !slices.Contains(Formats(), o.Format):
		return fmt.Errorf("format must be one of %s", strings.Join(Formats(), ", "))
	case o.BOM && o.Format != CSV:
		return errors.New("bom is for the format csv")
	default:
		return nil
	}
}

func (o Options) mediaType() string {
	if o.Format == CSV {
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
func Export(ctx context.Context, db *postgres.DB, org uuid.UUID, f postgres.AuditFilter, o Options, w io.Writer) error {
	write, flush := jsonlWriter(w)
	if o.Format == CSV {
		write, flush = csvWriter(w, o.BOM)
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

// columns are the columns of a CSV export, in their order. oversize_cells names the columns
// whose cells in this row are longer than maxCell.
var columns = []string{
	"id", "occurred_at", "revision", "actor_kind", "actor_id", "actor_name", "action",
	"subject_kind", "subject_id", "subject_name", "request_id", "source", "before", "after", "oversize_cells",
}

// maxCell is the length of the longest text that a spreadsheet keeps in a cell, in UTF-16 code
// units: 32,767 in Excel, which cuts off longer texts without a warning.
const maxCell = 32_767

func csvWriter(w io.Writer, bom bool) (write func(Entry) error, flush func() error) {
	out := csv.NewWriter(w)
	begun := false
	begin := func() error {
		if begun {
			return nil
		}
		begun = true
		if bom {
			if _, err := io.WriteString(w, "\ufeff"); err != nil {
				return err
			}
		}
		return out.Write(columns)
	}
	write = func(e Entry) error {
		if err := begin(); err != nil {
			return err
		}
		return out.Write(csvRow(e))
	}
	return write, func() error {
		if err := begin(); err != nil {
			return err
		}
		out.Flush()
		return out.Error()
	}
}

// csvRow returns the cells of an entry, one for each of columns.
func csvRow(e Entry) []string {
	revision := ""
	if e.Revision != nil {
		revision = strconv.FormatInt(*e.Revision, 10)
	}
	row := []string{
		strconv.FormatInt(e.ID, 10), e.OccurredAt.Format(time.RFC3339Nano), revision,
		string(e.Actor.Kind), e.Actor.ID, e.Actor.Name, e.Action,
		string(e.Subject.Kind), e.Subject.ID, e.Subject.Name, e.RequestID, e.Source, string(e.Before), string(e.After),
	}
	var oversize []string
	for i := range row {
		row[i] = escapeFormula(row[i])
		if utf16Len(row[i]) > maxCell {
			oversize = append(oversize, columns[i])
		}
	}
	return append(row, strings.Join(oversize, " "))
}

// escapeFormula keeps a spreadsheet from interpreting a user's text as a formula, by an
// apostrophe in front (OWASP, "CSV Injection"). Some spreadsheets also accept the full-width
// forms of the characters with which a formula starts.
func escapeFormula(cell string) string {
	first, _ := utf8.DecodeRuneInString(cell)
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}

// utf16Len returns the length of s in UTF-16 code units.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
