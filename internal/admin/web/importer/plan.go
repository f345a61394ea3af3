package importer

import (
	"slices"
	"strconv"

	"orgmodes/internal/admin/files"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/diff"
	"orgmodes/internal/imports"
	"orgmodes/internal/resource"
)

// importData is what the pages of an import show.
type importData struct {
	Form shell.Form
	// Pack is what was brought, for the next request.
	Pack string
	Plan *files.Plan
	Rows []importRow
	// Notices concern the file as a whole.
	Notices []importNote
	Refused []files.File
	Skipped []files.File
	// Chosen says what would be done as it is chosen now.
	Chosen files.Summary
	// Text is that of the only file, where it can be mended here.
	Text string
	// Problem is what is wrong with all of it, Place where.
	Problem string
	Place   *excerpt
	// Stale is the revision that an earlier plan was made at, where another one
	// has come since.
	Stale int64
}

// importRow is one mode of what was brought.
type importRow struct {
	files.Item
	Changes []shell.Change
	// Checked says that it is chosen; Choosable that it can be.
	Checked, Choosable bool
	// KeepBoth says that it is to stand beside ours.
	KeepBoth bool
	Problems []importNote
	Notices  []importNote
	Twin     *excerpt
}

// importNote is something about a place in a file.
type importNote struct {
	Detail string
	Fix    string
	Place  *excerpt
}

// Words is what becomes of the mode.
func (r importRow) Words() string {
	switch r.Action {
	case resource.ActionCreate:
		if r.Existing != nil {
			return "new, beside yours"
		}
		return "new"
	case resource.ActionUpdate:
		return "changes yours"
	case resource.ActionUnchanged:
		return "same as yours"
	case resource.ActionInvalid:
		return "can’t be used"
	case resource.ActionConflict:
		return "twice in what you brought"
	default:
		return "left out"
	}
}

// At is the line where it begins, 0 where that is unknown.
func (r importRow) At() int { return r.Line }

// Tone is the color of the verdict.
func (r importRow) Tone() string {
	switch r.Action {
	case resource.ActionCreate:
		return "good"
	case resource.ActionUpdate:
		return "own"
	case resource.ActionInvalid:
		return "bad"
	case resource.ActionConflict:
		return "warn"
	default:
		return ""
	}
}

// Collides says that there is something to decide between.
func (r importRow) Collides() bool {
	return r.Existing != nil && r.FreeName != "" && r.Written()
}

// Wanted is how many modes would be written.
func (d importData) Wanted() int { return d.Chosen.Create + d.Chosen.Update }

// keepBoth is the choice to keep a mode beside the existing one.
const keepBoth = "keep_both"

// importChoices are what was chosen in the plan; first is true where there was none
// yet, and then no mode is chosen.
func importChoices(f shell.Form, entries []imports.Entry) (c files.ModeChoices, first bool) {
	c.BySlug = map[string]string{}
	for _, e := range entries {
		if f.Get("way-"+strconv.Itoa(e.Index)) == keepBoth {
			c.BySlug[e.Spec.ObjectName()] = keepBoth
		}
	}
	if f.Get("planned") == "" {
		return c, true
	}
	for _, text := range f.All("take") {
		if n, err := strconv.Atoi(text); err == nil && n >= 0 && n < len(entries) && !slices.Contains(c.Indexes, n) {
			c.Indexes = append(c.Indexes, n)
		}
	}
	return c, false
}

// writtenBy are the indexes of the modes that a plan creates or updates.
func writtenBy(plan *files.Plan) (indexes []int) {
	for _, l := range plan.Items {
		if l.Written() {
			indexes = append(indexes, l.Index)
		}
	}
	return indexes
}

// maxMended is how long a text may be that can be mended on the page.
const maxMended = 256 << 10

// importDataOf shows a plan. It is that of all modes, each as it would become;
// what is chosen of them stands in the checkboxes.
func importDataOf(plan *files.Plan, c files.ModeChoices, in planner, budget *diff.Budget) importData {
	named := map[string]bool{}
	for _, l := range plan.Items {
		named[l.File] = true
	}
	for _, f := range plan.Files {
		named[f.Name] = named[f.Name] || f.Refused != nil
	}
	src := textOf(in.Files())
	if in.IsFolder() {
		src = sourcesOf(in.Files(), named)
	}
	place := func(file string, line, column int) *excerpt {
		if x, ok := src.at(file, line, column); ok {
			return &x
		}
		return nil
	}
	d := importData{Plan: plan}
	if text := src[""]; len(text) <= maxMended {
		d.Text = text
	}
	skipped := func(n resource.Notice) bool {
		return slices.ContainsFunc(plan.Files, func(f files.File) bool { return f.Name == n.File && f.Skipped != "" })
	}
	for _, n := range plan.Notices {
		if skipped(n) {
			continue // it stands in the list of those
		}
		d.Notices = append(d.Notices, importNote{Detail: n.Detail, Place: place(n.File, n.Line, n.Column)})
	}
	for _, f := range plan.Files {
		switch {
		case f.Refused != nil:
			d.Refused = append(d.Refused, f)
		case f.Skipped != "":
			d.Skipped = append(d.Skipped, f)
		}
	}
	for _, l := range plan.Items {
		r := importRow{
			Item: l, Changes: shell.Changes(l.Changes, budget), KeepBoth: c.BySlug[l.Slug] == keepBoth,
			Checked:   slices.Contains(c.Indexes, l.Index),
			Choosable: l.Action != resource.ActionInvalid && l.Action != resource.ActionUnchanged,
		}
		for _, p := range l.Problems {
			r.Problems = append(r.Problems, importNote{Detail: p.Detail, Place: place(l.File, p.Line, p.Column)})
		}
		for _, n := range l.Notices {
			r.Notices = append(r.Notices, importNote{Detail: n.Detail, Place: place(l.File, n.Line, n.Column)})
		}
		for _, a := range l.Advice {
			r.Notices = append(r.Notices, importNote{Detail: a.Title + ". " + a.Detail, Fix: a.Fix})
		}
		if l.Conflict != nil {
			r.Twin = place(l.Conflict.File, l.Conflict.Line, 0)
		}
		d.Rows = append(d.Rows, r)
	}
	return d
}
