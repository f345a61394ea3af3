package files

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"orgmodes/internal/advice"
	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// Verdict is what becomes of one object of a file, whatever it is.
type Verdict struct {
	// Index is its place among the objects, from 0; File is the name of its file,
	// where there are several. Pointer leads to it there, Line and Column are
	// where it starts in the text, from 1.
	Index   int             `json:"index"`
	File    string          `json:"file,omitempty"`
	Pointer string          `json:"pointer"`
	Line    int             `json:"line,omitempty"`
	Column  int             `json:"column,omitempty"`
	Action  resource.Action `json:"action"`
	// ID and Version are those of the object in the library: after the import, or
	// before it for a plan. One to be created has none in a plan.
	ID      *uuid.UUID `json:"id,omitempty"`
	Version int64      `json:"version,omitempty"`
	// Changes are what an update changes, field by field.
	Changes []diff.Change `json:"changes,omitempty"`
	// Problems say why it can't be taken; where it's another one of the file,
	// Conflict says which.
	Problems []fault.Field      `json:"problems,omitempty"`
	Conflict *resource.Conflict `json:"conflict,omitempty"`
	Notices  []resource.Notice  `json:"notices,omitempty"`
}

// wanted reports whether it is to be written.
func (v *Verdict) wanted() bool {
	return v.Action == resource.ActionCreate || v.Action == resource.ActionUpdate
}

// is notes which object of the library it is.
func (v *Verdict) is(id uuid.UUID, version int64) { v.ID, v.Version = &id, version }

// Line is what becomes of one mode of a file.
type Line struct {
	Verdict
	// Slug and Name are those of the file; Becomes is there where it is kept
	// under others.
	Slug    string `json:"slug"`
	Name    string `json:"name"`
	Becomes *Named `json:"becomes,omitempty"`
	// Existing is the mode that has the slug, before the import, and FreeSlug one
	// for keeping both.
	Existing *Existing `json:"existing,omitempty"`
	FreeSlug string    `json:"free_slug,omitempty"`
	// Advice is about the mode as it would be kept. A plan has it, of every mode
	// that could be taken; what was done has none.
	Advice []Advice `json:"advice,omitempty"`
}

// Advice is something worth knowing about a mode, and where in the text of its
// file it stands, from 1.
type Advice struct {
	advice.Advice
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
}

// Named is what an object is called; only modes have a slug.
type Named struct {
	Slug string `json:"slug,omitempty"`
	Name string `json:"name"`
}

// Existing is an object of the library.
type Existing struct {
	ID uuid.UUID `json:"id"`
	Named
	Version int64 `json:"version"`
}

// File is what became of one file of several.
type File struct {
	Name   string     `json:"name"`
	Format string     `json:"format,omitempty"`
	Form   modes.Form `json:"form,omitempty"`
	Modes  int        `json:"modes"`
	// Skipped says why it wasn't read, Refused why it couldn't be used.
	Skipped string   `json:"skipped,omitempty"`
	Refused *Refusal `json:"refused,omitempty"`
}

// Refusal is why something can't be done, with the code of the problem that it
// is.
type Refusal struct {
	Code   string        `json:"code"`
	Detail string        `json:"detail"`
	Errors []fault.Field `json:"errors,omitempty"`
}

// Summary counts what becomes of the objects, and the files that can't be used.
type Summary struct {
	Create       int `json:"create"`
	Update       int `json:"update"`
	Unchanged    int `json:"unchanged"`
	Skip         int `json:"skip"`
	Invalid      int `json:"invalid"`
	Conflict     int `json:"conflict"`
	RefusedFiles int `json:"refused_files"`
}

// Outcome is what an import does as a whole, or did.
type Outcome struct {
	// Applied says that it was done; otherwise nothing was changed.
	Applied bool `json:"applied"`
	// BaseRevision is the organization's that the plan was made at; Revision is
	// the one after the import, the same where nothing was changed.
	BaseRevision int64             `json:"base_revision"`
	Revision     int64             `json:"revision"`
	Summary      Summary           `json:"summary"`
	Notices      []resource.Notice `json:"notices,omitempty"`
	// TooMuch says why the library couldn't hold all this.
	TooMuch *Refusal `json:"too_much,omitempty"`
}

func (o *Outcome) outcome() *Outcome { return o }

// Plan is what an import of modes does, or did.
type Plan struct {
	Outcome
	Format string     `json:"format,omitempty"`
	Form   modes.Form `json:"form"`
	Modes  []Line     `json:"modes"`
	// Files are there where several were brought.
	Files []File `json:"files,omitempty"`
}

// planOf writes a plan down. done are what became of the modes that were
// wanted, in their order; nil where nothing was done. Without a budget, changed texts
// are not compared line by line.
func planOf(folder modes.Folder, p modes.ImportPlan, done []postgres.Imported[modes.OrganizationMode], budget *diff.Budget) *Plan {
	out := &Plan{
		Outcome: Outcome{Notices: p.Notices, TooMuch: refusalOf(p.TooMuch), Summary: summaryOf(p.Count)},
		Format:  folder.File.Format, Form: folder.File.Form, Modes: make([]Line, len(p.Modes)),
	}
	out.Summary.RefusedFiles = folder.Refused()
	for i, m := range p.Modes {
		l := lineOf(m, budget)
		if l.wanted() && len(done) > 0 {
			l.is(done[0].Object.ID, done[0].Object.Version)
			done = done[1:]
		}
		out.Modes[i] = l
	}
	if folder.File.Form != modes.FormFolder {
		return out
	}
	for _, f := range folder.Files {
		out.Files = append(out.Files, File{
			Name: f.Name, Format: f.File.Format, Form: f.File.Form, Modes: len(f.File.Entries),
			Skipped: f.Skipped, Refused: refusalOf(f.Err),
		})
	}
	return out
}

// summaryOf counts by what is counted by action.
func summaryOf(count func(resource.Action) int) Summary {
	return Summary{
		Create: count(resource.ActionCreate), Update: count(resource.ActionUpdate), Unchanged: count(resource.ActionUnchanged),
		Skip: count(resource.ActionSkip), Invalid: count(resource.ActionInvalid), Conflict: count(resource.ActionConflict),
	}
}

func lineOf(m modes.PlannedMode, budget *diff.Budget) Line {
	l := Line{
		Verdict: Verdict{
			Index: m.Index, File: m.File, Pointer: m.Pointer, Line: m.Line, Column: m.Column, Action: m.Action,
			Changes: m.Changes, Problems: m.Problems, Conflict: m.Conflict, Notices: m.Notices,
		},
		Slug: m.Entry.Mode.Slug, Name: m.Entry.Mode.Name, FreeSlug: m.FreeSlug,
	}
	if budget != nil {
		l.Changes = diff.WithLines(m.Changes, budget)
	}
	if becomes := (Named{m.Mode.Slug, m.Mode.Name}); becomes != (Named{l.Slug, l.Name}) {
		l.Becomes = &becomes
	}
	if e := m.Existing; e != nil {
		l.Existing = &Existing{e.ID, Named{e.Slug, e.Name}, e.Version}
		if m.Action != resource.ActionCreate { // beside which it would be created
			l.is(e.ID, e.Version)
		}
	}
	return l
}

// advise adds to a plan what editors would make of its modes. A mode with
// problems of its own has none: it needs mending first. One that is passed over
// has, as it may be chosen yet.
func (p *Plan) advise(planned modes.ImportPlan) {
	for i, m := range planned.Modes {
		if m.Action == resource.ActionInvalid {
			continue
		}
		for _, a := range advice.For(m.Mode) {
			line, column := m.Position(a.Pointer)
			p.Modes[i].Advice = append(p.Modes[i].Advice, Advice{a, line, column})
		}
	}
}

func refusalOf(err error) *Refusal {
	f, ok := fault.As(err)
	if !ok {
		return nil
	}
	return &Refusal{Code: f.Code, Detail: f.Message, Errors: f.Fields}
}

// unusable is the fault of what was asked for and can't be taken, nil where
// there is no such thing. Modes that weren't chosen don't matter.
func unusable(folder modes.Folder, p modes.ImportPlan, c modes.Choices) error {
	all := len(c.Slugs) == 0 && len(c.Indexes) == 0
	asked := func(m modes.PlannedMode) bool {
		return all || slices.Contains(c.Indexes, m.Index) ||
			slices.ContainsFunc(c.Slugs, func(s string) bool { return modes.SlugKey(s) == modes.SlugKey(m.Entry.Mode.Slug) })
	}
	bad := 0
	var fields []fault.Field
	for _, m := range p.Modes {
		if m.Action != resource.ActionInvalid && m.Action != resource.ActionConflict || !asked(m) {
			continue
		}
		bad++
		problems := slices.Clone(m.Problems)
		for i := range problems { // in a file the configuration has no level of its own
			problems[i].Pointer = strings.TrimPrefix(problems[i].Pointer, "/config")
		}
		fields = append(fields, within(problems, m.Pointer, m.File)...)
	}
	refused := 0
	if all {
		for _, f := range folder.Files {
			if r := refusalOf(f.Err); r != nil {
				refused++
				fields = append(fields, fault.Field{Detail: f.Name + ": " + r.Detail})
			}
		}
	}
	if bad+refused == 0 {
		return nil
	}
	what := fmt.Sprintf("%d of the %d modes", bad, len(p.Modes))
	switch {
	case refused > 0 && bad > 0:
		what += fmt.Sprintf(" and %d of the %d files", refused, len(folder.Files))
	case refused > 0:
		what = fmt.Sprintf("%d of the %d files", refused, len(folder.Files))
	}
	return fault.New(fault.Invalid, "invalid_modes",
		"%s here can't be used as they are. Nothing was imported: mend them, or import only the valid ones", what).With(fields...)
}

// within makes the places of an object's problems places in its file.
func within(problems []fault.Field, pointer, file string) []fault.Field {
	problems = slices.Clone(problems)
	for i := range problems {
		problems[i].Pointer = pointer + problems[i].Pointer
		if file != "" {
			problems[i].Detail = file + ": " + problems[i].Detail
		}
	}
	return problems
}
