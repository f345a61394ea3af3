package transfer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/imports"
	"orgmodes/internal/lint"
	"orgmodes/internal/modes"
	"orgmodes/internal/resource"
)

// Plan is the result of an import, or of a dry run.
type Plan struct {
	Result
	// Format and Form are set for files of modes.
	Format string
	Form   modes.Form
	Items  []Item
	// Files lists the files, if there are several files of modes.
	Files []File

	format format
}

// JSON returns the plan in the format of the API.
func (p *Plan) JSON() any { return p.format.json(p) }

// Item is the result for one object of a file.
type Item struct {
	ItemResult
	// Slug and Name are those in the file; only modes have a slug. Becomes is set if the
	// object is stored under others.
	Slug    string
	Name    string
	Becomes *ObjectNames
	// Existing is the library object that it is, or that it conflicts with, before the
	// import. FreeName is the name under which both can be kept.
	Existing *Existing
	FreeName string
	// Reason explains the conflict.
	Reason string
	// Advice is about the object as it would be stored. A plan has it for every usable
	// object; the result of an import has none.
	Advice []Advice
	// Selected reports whether the choices select it.
	Selected bool
}

// ItemResult is the result for an object of any kind.
type ItemResult struct {
	resource.Location
	Action resource.Action `json:"action"`
	// ID and Version are those of the object in the library: after the import or, in a
	// plan, before it. An object to be created has none in a plan.
	ID      *uuid.UUID `json:"id,omitempty"`
	Version int64      `json:"version,omitempty"`
	// Changes lists the changes of an update, field by field.
	Changes []diff.Change `json:"changes,omitempty"`
	// Problems explain why it can't be used. If it conflicts with another object of the
	// file, Conflict identifies that one.
	Problems []fault.Field      `json:"problems,omitempty"`
	Conflict *resource.Conflict `json:"conflict,omitempty"`
	Notices  []resource.Notice  `json:"notices,omitempty"`
}

// Written reports whether it is created or updated.
func (v *ItemResult) Written() bool {
	return v.Action == resource.ActionCreate || v.Action == resource.ActionUpdate
}

// setTarget sets the library object that it is.
func (v *ItemResult) setTarget(id uuid.UUID, version int64) { v.ID, v.Version = &id, version }

// Advice is advice about an object, with its position in the text of its file, from 1.
type Advice struct {
	lint.Advice
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
}

// ObjectNames holds the names of an object; only modes have a slug.
type ObjectNames struct {
	Slug string `json:"slug,omitempty"`
	Name string `json:"name"`
}

// Existing is an object of the library.
type Existing struct {
	ID uuid.UUID `json:"id"`
	ObjectNames
	Version int64 `json:"version"`
}

// File is the result for one of several files.
type File struct {
	Name   string     `json:"name"`
	Format string     `json:"format,omitempty"`
	Form   modes.Form `json:"form,omitempty"`
	Modes  int        `json:"modes"`
	// Skipped explains why it wasn't read, Refused why it couldn't be used.
	Skipped string     `json:"skipped,omitempty"`
	Refused *Rejection `json:"refused,omitempty"`
}

// Rejection explains why something can't be done, with the code of the problem.
type Rejection struct {
	Code   string        `json:"code"`
	Detail string        `json:"detail"`
	Errors []fault.Field `json:"errors,omitempty"`
}

// Summary counts the objects by action, and the files that can't be used.
type Summary struct {
	Create       int `json:"create"`
	Update       int `json:"update"`
	Unchanged    int `json:"unchanged"`
	Skip         int `json:"skip"`
	Invalid      int `json:"invalid"`
	Conflict     int `json:"conflict"`
	RefusedFiles int `json:"refused_files"`
}

// Result is the result of an import as a whole, or of a dry run.
type Result struct {
	// Applied reports whether the import was made; otherwise nothing was changed.
	Applied bool `json:"applied"`
	// BaseRevision is the organization's revision that the plan was made at. Revision is
	// the one after the import, or the same if nothing was changed.
	BaseRevision int64             `json:"base_revision"`
	Revision     int64             `json:"revision"`
	Summary      Summary           `json:"summary"`
	Notices      []resource.Notice `json:"notices,omitempty"`
	// LimitError explains why the library can't hold all of the objects.
	LimitError *Rejection `json:"too_much,omitempty"`
}

// newPlan returns a plan in the form for callers. done are the outcomes of the written
// items, in their order; nil if nothing was done. Without a budget, changed texts are
// not compared line by line.
func (i *Import) newPlan(planned imports.Plan, done []resource.Outcome, budget *diff.Budget) *Plan {
	out := &Plan{
		Result: Result{BaseRevision: i.revision, Revision: i.revision, Notices: i.notices, LimitError: newRejection(planned.LimitError), Summary: Summary{
			Create: planned.Count(resource.ActionCreate), Update: planned.Count(resource.ActionUpdate),
			Unchanged: planned.Count(resource.ActionUnchanged), Skip: planned.Count(resource.ActionSkip),
			Invalid: planned.Count(resource.ActionInvalid), Conflict: planned.Count(resource.ActionConflict),
			RefusedFiles: i.folder.RefusedCount(),
		}},
		Format: i.folder.File.Format, Form: i.folder.File.Form, Items: make([]Item, len(planned.Items)), format: i.format,
	}
	for n, item := range planned.Items {
		out.Items[n] = newItem(item, budget)
		if item.Written() && len(done) > 0 {
			out.Items[n].recordWritten(item, done[0].Object)
			done = done[1:]
		}
	}
	if i.IsFolder() {
		for _, f := range i.folder.Files {
			out.Files = append(out.Files, File{
				Name: f.Name, Format: f.File.Format, Form: f.File.Form, Modes: len(f.File.Entries),
				Skipped: f.Skipped, Refused: newRejection(f.Err),
			})
		}
	}
	return out
}

func newItem(i imports.Item, budget *diff.Budget) Item {
	before, after := namesOf(i.Spec), namesOf(i.Object.Spec)
	out := Item{
		ItemResult: ItemResult{Location: i.Location, Action: i.Action, Changes: i.Changes, Problems: i.Problems, Conflict: i.Conflict, Notices: i.Notices},
		Slug:       before.Slug, Name: before.Name, FreeName: i.FreeName, Reason: i.Reason, Selected: i.Selected,
	}
	if budget != nil {
		out.Changes = diff.WithLines(i.Changes, budget)
	}
	if after != before {
		out.Becomes = &after
	}
	if e := i.Existing; e != nil {
		out.Existing = &Existing{e.ID, namesOf(e.Spec), e.Version}
		if i.Action != resource.ActionCreate { // an existing object is kept next to the one to be created
			out.setTarget(e.ID, e.Version)
		}
	}
	return out
}

// recordWritten records the object that an item was written as.
func (i *Item) recordWritten(planned imports.Item, o resource.Object) {
	i.setTarget(o.ID, o.Version)
	if planned.Object.ID == uuid.Nil || planned.Object.ID == o.ID {
		return
	}
	pointer := "/" + o.Kind + "_id"
	line, column := planned.Position(pointer)
	i.Notices = append(slices.Clip(i.Notices), resource.Notice{
		File: i.File, Pointer: pointer, Detail: "created under a new id, as this one is taken", Line: line, Column: column,
	})
}

// namesOf returns the names of an object; only a mode has a slug.
func namesOf(s resource.Spec) ObjectNames {
	if m, ok := s.(modes.Mode); ok {
		return ObjectNames{m.Slug, m.Name}
	}
	return ObjectNames{Name: s.Title()}
}

func newRejection(err error) *Rejection {
	f, ok := fault.As(err)
	if !ok {
		return nil
	}
	return &Rejection{Code: f.Code, Detail: f.Message, Errors: f.Fields}
}

// invalidItems returns a *fault.Error for selected objects that can't be used or are
// undecided; nil if there are none.
func (i *Import) invalidItems(p imports.Plan, policy imports.ConflictPolicy) error {
	bad, refused := 0, 0
	var fields []fault.Field
	for _, item := range p.Items {
		if !item.Selected || item.Action != resource.ActionInvalid && item.Action != resource.ActionConflict {
			continue
		}
		bad++
		problems := item.Problems
		if len(problems) == 0 { // it is only undecided
			pointer := "/" + i.kind.Names().NameField
			line, column := item.Position(pointer)
			problems = []fault.Field{{Pointer: pointer, Detail: item.Reason + "; choose skip, replace or rename", Line: line, Column: column}}
		}
		fields = append(fields, i.fileProblems(item, problems)...)
	}
	if policy.Names == nil && policy.Indexes == nil {
		for _, f := range i.folder.Files {
			if r := newRejection(f.Err); r != nil {
				refused++
				fields = append(fields, fault.Field{Detail: f.Name + ": " + r.Detail})
			}
		}
	}
	summary := fmt.Sprintf("%d of the %d %s", bad, len(p.Items), i.kind.Names().Plural)
	ofFiles := fmt.Sprintf("%d of the %d files", refused, len(i.folder.Files))
	switch {
	case bad+refused == 0:
		return nil
	case refused > 0 && bad > 0:
		summary += " and " + ofFiles
	case refused > 0:
		summary = ofFiles
	}
	return i.format.invalidError(summary).With(fields...)
}

// firstFailure returns the first failure of the operations of a plan, with the position
// of its object in the files.
func (i *Import) firstFailure(p imports.Plan, err error) error {
	var failed resource.OpErrors
	if !errors.As(err, &failed) {
		return err
	}
	f, ok := fault.As(failed[0].Err)
	if !ok {
		return err
	}
	written := slices.DeleteFunc(slices.Clone(p.Items), func(item imports.Item) bool { return !item.Written() })
	item, c := written[failed[0].Index], *f
	c.Fields = slices.Clone(f.Fields)
	for n := range c.Fields {
		c.Fields[n].Line, c.Fields[n].Column = item.Position(c.Fields[n].Pointer)
	}
	c.Fields = i.fileProblems(item, c.Fields)
	return &c
}

// fileProblems converts the places of an object's problems to places in its file.
func (i *Import) fileProblems(item imports.Item, problems []fault.Field) []fault.Field {
	problems = slices.Clone(problems)
	for n := range problems {
		problems[n].Pointer = item.Pointer + i.format.filePointer(problems[n].Pointer)
		if item.File != "" {
			problems[n].Detail = item.File + ": " + problems[n].Detail
		}
	}
	return problems
}
