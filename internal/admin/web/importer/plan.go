package importer

import (
	"slices"
	"strconv"
	"strings"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/diff"
	"orgmodes/internal/imports"
	"orgmodes/internal/modes"
	"orgmodes/internal/resource"
)

// importData is the data of the pages of an import.
type importData struct {
	Form shell.Form
	// Pack is the upload, compressed for the next request.
	Pack string
	Plan *transfer.Plan
	Rows []importRow
	// Overrides is the number of Rows with Overrides set.
	Overrides int
	// Notices are about the upload as a whole.
	Notices []importNote
	Refused []transfer.File
	Skipped []transfer.File
	// Selected sums up the import of the modes that are selected now.
	Selected transfer.Summary
	// Text is the text of the only file, if it can be fixed on the page.
	Text string
	// Problem is the error of the import as a whole, Excerpt the text around it.
	Problem string
	Excerpt *excerpt
	// Stale is the revision at which an earlier plan was made, if there is a newer one since;
	// otherwise 0.
	Stale int64
}

// importRow is one mode of an upload.
type importRow struct {
	transfer.Item
	// Overrides reports whether the new mode would replace a built-in one. Changes are then
	// those against the built-in mode.
	Overrides bool
	Changes   []shell.Change
	// Checked is true if the mode is selected, Selectable if it can be.
	Checked, Selectable bool
	// KeepBoth is true if the mode is to be added next to the existing one.
	KeepBoth    bool
	Problems    []importNote
	Notices     []importNote
	DuplicateOf *excerpt
}

// importNote is a remark on a position in a file.
type importNote struct {
	Detail  string
	Fix     string
	Excerpt *excerpt
}

// ActionText describes what the import would do with the mode.
func (r importRow) ActionText() string {
	switch r.Action {
	case resource.ActionCreate:
		if r.Existing != nil {
			return "new, beside yours"
		}
		if r.Overrides {
			return "replaces built-in"
		}
		return "new"
	case resource.ActionUpdate:
		return "changes yours"
	case resource.ActionUnchanged:
		return "same as yours"
	case resource.ActionInvalid:
		return "can’t be used"
	case resource.ActionConflict:
		return "more than once in the upload"
	default:
		return "left out"
	}
}

// StartLine returns the line on which the mode begins, 0 if that is unknown.
func (r importRow) StartLine() int { return r.Line }

// Tone returns the color of ActionText.
func (r importRow) Tone() string {
	switch r.Action {
	case resource.ActionCreate:
		if r.Overrides {
			return "warn"
		}
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

// CanKeepBoth reports whether the user can choose between replacing the existing mode and
// keeping both.
func (r importRow) CanKeepBoth() bool {
	return r.Existing != nil && r.FreeName != "" && r.Written()
}

// New returns how many modes would be new without replacing a built-in one.
func (d importData) New() int { return d.Plan.Summary.Create - d.Overrides }

// WriteCount returns how many modes would be written.
func (d importData) WriteCount() int { return d.Selected.Create + d.Selected.Update }

// keepBoth is the choice to add a mode next to the existing one.
const keepBoth = "keep_both"

// parseChoices returns the choices in the form of a plan. first is true if there was no plan
// yet; then no mode is selected.
func parseChoices(f shell.Form, entries []imports.Entry) (c transfer.ModeChoices, first bool) {
	c.BySlug = map[string]string{}
	for _, e := range entries {
		if f.Get("way-"+strconv.Itoa(e.Index)) == keepBoth {
			c.BySlug[e.Spec.ObjectName()] = keepBoth
		}
	}
	if f.Get("planned") == "" {
		return c, true
	}
	for _, text := range f.Values("take") {
		if n, err := strconv.Atoi(text); err == nil && n >= 0 && n < len(entries) && !slices.Contains(c.Indexes, n) {
			c.Indexes = append(c.Indexes, n)
		}
	}
	return c, false
}

// writtenIndexes returns the indexes of the modes that a plan creates or updates.
func writtenIndexes(plan *transfer.Plan) (indexes []int) {
	for _, l := range plan.Items {
		if l.Written() {
			indexes = append(indexes, l.Index)
		}
	}
	return indexes
}

// overridden returns the built-in mode that an item would replace, or nil if it would not create
// a mode with the slug of one.
func overridden(l transfer.Item, builtins []modes.Mode) *modes.Mode {
	slug := l.Slug
	if l.Becomes != nil {
		slug = l.Becomes.Slug
	}
	i := slices.IndexFunc(builtins, func(b modes.Mode) bool { return strings.EqualFold(b.Slug, slug) })
	if l.Action != resource.ActionCreate || i < 0 {
		return nil
	}
	return &builtins[i]
}

// maxEditable is the maximum length, in bytes, of a text that can be fixed on the page.
const maxEditable = 256 << 10

// newImportData returns the data of a plan's page. The plan is of all modes, each as it would
// become; c decides which checkboxes are checked.
func newImportData(plan *transfer.Plan, c transfer.ModeChoices, in planner, builtins []modes.Mode, budget *diff.Budget) importData {
	shownFiles := map[string]bool{}
	for _, l := range plan.Items {
		shownFiles[l.File] = true
	}
	for _, f := range plan.Files {
		shownFiles[f.Name] = shownFiles[f.Name] || f.Refused != nil
	}
	src := singleFileSource(in.Files())
	if in.IsFolder() {
		src = folderSources(in.Files(), shownFiles)
	}
	excerptOf := func(file string, line, column int) *excerpt {
		if x, ok := src.excerptAt(file, line, column); ok {
			return &x
		}
		return nil
	}
	d := importData{Plan: plan}
	if text := src[""]; len(text) <= maxEditable {
		d.Text = text
	}
	skipped := func(n resource.Notice) bool {
		return slices.ContainsFunc(plan.Files, func(f transfer.File) bool { return f.Name == n.File && f.Skipped != "" })
	}
	for _, n := range plan.Notices {
		if skipped(n) {
			continue // the list of skipped files has it
		}
		d.Notices = append(d.Notices, importNote{Detail: n.Detail, Excerpt: excerptOf(n.File, n.Line, n.Column)})
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
			Item: l, KeepBoth: c.BySlug[l.Slug] == keepBoth,
			Checked:    slices.Contains(c.Indexes, l.Index),
			Selectable: l.Action != resource.ActionInvalid && l.Action != resource.ActionUnchanged,
		}
		changes := l.Changes
		if builtin := overridden(l, builtins); builtin != nil {
			r.Overrides = true
			d.Overrides++
			if m, ok := in.Entries()[l.Index].Spec.(modes.Mode); ok {
				changes = modes.Diff(*builtin, m)
			}
		}
		r.Changes = shell.Changes(changes, budget)
		for _, p := range l.Problems {
			r.Problems = append(r.Problems, importNote{Detail: p.Detail, Excerpt: excerptOf(l.File, p.Line, p.Column)})
		}
		for _, n := range l.Notices {
			r.Notices = append(r.Notices, importNote{Detail: n.Detail, Excerpt: excerptOf(l.File, n.Line, n.Column)})
		}
		for _, a := range l.Advice {
			r.Notices = append(r.Notices, importNote{Detail: a.Title + ". " + a.Detail, Fix: a.Fix})
		}
		if l.Conflict != nil {
			r.DuplicateOf = excerptOf(l.Conflict.File, l.Conflict.Line, 0)
		}
		d.Rows = append(d.Rows, r)
	}
	return d
}
