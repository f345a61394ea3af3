package lint

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/resource"
)

// Finding is one line of a report: a problem or advice, with its position.
type Finding struct {
	// Rule is the rule of the advice. For a problem it is "invalid-mode", "duplicate-slug" or
	// "unreadable-file".
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	// Mode is the mode's slug, or its name if it has no slug. It is empty for findings about
	// the file.
	Mode    string   `json:"mode,omitempty"`
	Pointer string   `json:"pointer"`
	Line    int      `json:"line,omitempty"`
	Column  int      `json:"column,omitempty"`
	Detail  string   `json:"detail"`
	Fix     string   `json:"fix,omitempty"`
	Clients []string `json:"clients,omitempty"`
	// Others are the related locations in other files.
	Others []Location `json:"others,omitempty"`
}

// Location is a position in a file; Line and Column start at 1.
type Location struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// Result is the report on one file.
type Result struct {
	File     string    `json:"file"`
	Format   string    `json:"format,omitempty"`
	Form     string    `json:"form,omitempty"`
	Modes    int       `json:"modes"`
	Valid    int       `json:"valid"`
	Skipped  string    `json:"skipped,omitempty"`
	Findings []Finding `json:"findings"`

	// slugs are the slugs of the file, for Compare.
	slugs []slugPosition
}

// The rules of findings that aren't advice.
const (
	ruleInvalid    = "invalid-mode"
	ruleDuplicate  = "duplicate-slug"
	ruleUnreadable = "unreadable-file"
	ruleNotice     = "read-differently"
)

// ReportRules returns the rules of findings other than advice: reasons to refuse a file or a
// mode, and text that is read differently. They have only a title, as the finding's detail
// describes the fix.
func ReportRules() []Rule {
	return []Rule{
		{ID: ruleUnreadable, Severity: Error, Title: "This file can't be used"},
		{ID: ruleInvalid, Severity: Error, Title: "This mode is invalid"},
		{ID: ruleDuplicate, Severity: Error, Title: "Two modes have the same slug"},
		{ID: ruleNotice, Severity: Info, Title: "Something is read differently from how it is written"},
	}
}

// Check reads a file and returns the report on it.
func Check(ctx context.Context, name string, data []byte, clientIDs ...string) Result {
	f, err := modes.ReadFile(ctx, data)
	return NewResult(modes.FileResult{Name: name, File: f, Err: err}, clientIDs...)
}

// NewResult returns the report on a file that was read, such as one of a folder or an archive.
func NewResult(r modes.FileResult, clientIDs ...string) Result {
	out := Result{
		File: r.Name, Format: r.File.Format, Form: string(r.File.Form), Skipped: r.Skipped,
		Modes: len(r.File.Entries), Valid: len(r.File.Modes()), Findings: []Finding{},
	}
	if r.Err != nil {
		out.Findings = append(out.Findings, unreadableFindings(r.Err)...)
	}
	for _, n := range r.File.Notices {
		out.Findings = append(out.Findings, noticeFinding(n, ""))
	}
	for _, e := range r.File.Entries {
		out.Findings = append(out.Findings, entryFindings(e, clientIDs)...)
	}
	out.slugs = slugPositions(r)
	out.sort()
	return out
}

// sort sorts the findings by position.
func (r *Result) sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), rank(a.Severity)-rank(b.Severity))
	})
}

func noticeFinding(n resource.Notice, mode string) Finding {
	return Finding{
		Rule: ruleNotice, Severity: Info, Mode: mode, Pointer: n.Pointer, Line: n.Line, Column: n.Column, Detail: sentence(n.Detail),
	}
}

func unreadableFindings(err error) []Finding {
	f, ok := fault.As(err)
	if !ok {
		return []Finding{{Rule: ruleUnreadable, Severity: Error, Detail: sentence(err.Error()), Line: 1, Column: 1}}
	}
	if len(f.Fields) == 0 {
		return []Finding{{Rule: ruleUnreadable, Severity: Error, Detail: sentence(f.Message), Line: 1, Column: 1}}
	}
	var out []Finding
	for _, p := range f.Fields {
		message := f.Message
		if at := strings.Index(message, " (line "); at >= 0 && p.Line > 0 {
			message = message[:at] + "."
		}
		out = append(out, Finding{
			Rule: ruleUnreadable, Severity: Error, Pointer: p.Pointer, Line: max(p.Line, 1), Column: max(p.Column, 1),
			Detail: message + " " + sentence(p.Detail),
		})
	}
	return out
}

func entryFindings(e modes.Entry, clientIDs []string) []Finding {
	mode := cmp.Or(e.Mode.Slug, e.Mode.Name, fmt.Sprintf("mode %d", e.Index+1))
	var out []Finding
	for i, p := range e.Problems {
		rule := ruleInvalid
		if e.Conflict != nil && i == len(e.Problems)-1 {
			rule = ruleDuplicate
		}
		out = append(out, Finding{
			Rule: rule, Severity: Error, Mode: mode, Pointer: p.Pointer,
			Line: cmp.Or(p.Line, e.Line), Column: cmp.Or(p.Column, e.Column), Detail: sentence(p.Detail),
		})
	}
	for _, n := range e.Notices {
		out = append(out, noticeFinding(n, mode))
	}
	if len(e.Problems) > 0 {
		return out // no advice until the problems are fixed
	}
	for _, a := range Advise(e.Mode, clientIDs...) {
		line, column := e.Position(a.Pointer)
		out = append(out, Finding{
			Rule: a.Rule, Severity: a.Severity, Mode: mode, Pointer: a.Pointer, Line: line, Column: column,
			Detail: a.Detail, Fix: a.Fix, Clients: a.Clients,
		})
	}
	return out
}

// sentence capitalizes s, unless it begins with a field name, and adds a final period.
func sentence(s string) string {
	if s == "" {
		return s
	}
	word, _, _ := strings.Cut(s, " ")
	if word == strings.ToLower(word) && !slices.Contains(knownFields, word) && word != "source" && s[0] < utf8.RuneSelf {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "…") {
		s += "."
	}
	return s
}

// Count returns the number of findings with this severity.
func Count(results []Result, s Severity) int {
	n := 0
	for _, r := range results {
		for _, f := range r.Findings {
			if f.Severity == s {
				n++
			}
		}
	}
	return n
}

// ExitCode returns 1 if there are errors or, with failOnWarnings, warnings; otherwise 0. Notes
// never fail.
func ExitCode(results []Result, failOnWarnings bool) int {
	if Count(results, Error) > 0 || failOnWarnings && Count(results, Warning) > 0 {
		return 1
	}
	return 0
}

// WriteJSON writes a report for programs: {"version", "results", "counts"}.
func WriteJSON(w io.Writer, results []Result) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if results == nil {
		results = []Result{}
	}
	return enc.Encode(struct {
		Version int              `json:"version"`
		Results []Result         `json:"results"`
		Counts  map[Severity]int `json:"counts"`
	}{Version(), results, map[Severity]int{
		Error: Count(results, Error), Warning: Count(results, Warning), Info: Count(results, Info),
	}})
}
