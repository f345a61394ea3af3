package modes

import (
	"context"
	"slices"
	"strings"
	"sync"

	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/diff"
	"orgmodes/internal/editors"
	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/lint"
	"orgmodes/internal/modes"
)

// modeEditor is the data of the page on which a mode is edited.
type modeEditor struct {
	modeTarget
	draft
	// BaseVersion is the version that the draft began from, as id:version.
	BaseVersion string
	// Draft holds where and when the draft was stored.
	Draft shell.Draft
	// Can holds what the user is allowed to do with modes.
	Can actions.Verdicts
	// Errors are the problems that prevent saving. SaveAttempted is true once saving was
	// tried: then they are listed, not only marked.
	Errors        []fieldError
	SaveAttempted bool
	// Note is a message above the draft.
	Note     string
	Conflict *modeConflict
	// StartingPoints lists the modes that a new one can begin with. From is the slug of the
	// one that this draft began with.
	StartingPoints []startingPointGroup
	From           string
	// Replaces is the name of the built-in mode that a new one would replace, as it has the
	// same slug.
	Replaces  string
	Templates []string
	Advice    []fieldAdvice
	// Untouched is true if the user has changed nothing yet.
	Untouched bool
	// budget bounds all comparisons of the page.
	budget *diff.Budget
	// PublicationLine is the publication line, Newer the notice of changes since the draft
	// was begun. Both belong to the whole page, and are nil on that of a new mode.
	PublicationLine *shell.PublicationLine
	Newer           *newerVersion
	// Partial is true if only the parts that change during typing are requested.
	Partial bool
}

// fieldError is one problem to fix.
type fieldError struct {
	Field, Detail string
	Line, Column  int
}

// fieldAdvice is advice with the field that it is about and, in the YAML view, its line.
type fieldAdvice struct {
	lint.Advice
	Field string
	Line  int
}

// touchedAll is in the field "touched" once saving was tried. Then every problem is shown,
// even in fields that the user hasn't visited.
const touchedAll = "*"

// populate adds the templates, problems and advice that the page shows for the draft.
func (p *Pages) populate(v *shell.Request, e *modeEditor) error {
	e.budget = v.DiffBudget()
	e.Can = v.Can(modes.KindName)
	e.Errors, e.Advice, e.Templates, e.Form.Errors, e.Form.ErrorFields = nil, nil, nil, nil, nil
	templates, err := p.DB.Templates.List(v.UserContext(), v.Org.ID)
	if err != nil {
		return err
	}
	for _, t := range templates {
		e.Templates = append(e.Templates, t.Name)
	}
	if now := e.Mode.Config.PermissionTemplate; now != "" && !slices.Contains(e.Templates, now) {
		e.Templates = append(e.Templates, now)
	}
	if err := p.checkSlug(v, e); err != nil {
		return err
	}
	fields := fieldsByPointer(e.Mode)
	touched := strings.Split(e.Form.Get("touched"), ",")
	e.SaveAttempted = e.SaveAttempted || slices.Contains(touched, touchedAll)
	for _, f := range e.Problems {
		m := fieldError{Field: fieldForPointer(fields, f.Pointer), Detail: f.Detail, Line: f.Line, Column: f.Column}
		if e.View == viewYAML {
			m.Field = "yaml"
		}
		if !e.SaveAttempted && e.View == viewForm && m.Field != "" && !slices.Contains(touched, m.Field) {
			continue
		}
		e.Errors = append(e.Errors, m)
		if e.View == viewForm {
			e.Form = e.Form.AddError(m.Field, m.Detail)
		}
	}
	if e.Unreadable || e.Empty() {
		return nil
	}
	if b := p.builtin(e.Mode.Slug); b != nil && e.IsNew() {
		e.Replaces = b.Name
	}
	for _, a := range lint.Advise(e.Mode) {
		one := fieldAdvice{Advice: a, Field: fieldForPointer(fields, a.Pointer)}
		if e.View == viewYAML {
			one.Field, one.Line = "yaml", e.problemAt(a.Pointer, "").Line
		}
		e.Advice = append(e.Advice, one)
	}
	return nil
}

// checkSlug adds the problems that depend on the library: that the slug is taken, or can't
// be changed.
func (p *Pages) checkSlug(v *shell.Request, e *modeEditor) error {
	slug := e.Mode.Slug
	if e.Unreadable || slug == "" || slices.ContainsFunc(e.Problems, func(f fault.Field) bool { return f.Pointer == "/slug" }) {
		return nil
	}
	if e.Builtin != nil && slug != e.Base().Slug {
		e.Problems = append(e.Problems, e.problemAt("/slug", "This overrides the built-in mode "+e.Builtin.Slug+": its slug stays "+e.Base().Slug+". For a mode with another slug, duplicate it"))
		return nil
	}
	if e.Builtin == nil || e.Saved != nil {
		other, err := p.DB.Modes.Get(v.UserContext(), v.Org.ID, slug)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if e.Saved == nil || other.ID != e.Saved.ID {
			e.Problems = append(e.Problems, e.problemAt("/slug", "A mode with the slug \""+slug+"\" already exists in this organization: "+other.Name+". Choose another slug, or change that mode"))
		}
	}
	return nil
}

// problemAt returns a problem at a pointer, with its position in the YAML view.
func (d draft) problemAt(pointer, detail string) fault.Field {
	f := fault.Field{Pointer: pointer, Detail: detail}
	if d.View != viewYAML {
		return f
	}
	// The text was already read once, within the budget of one mode.
	if file, err := modes.ReadFile(context.Background(), []byte(d.YAML)); err == nil && len(file.Entries) == 1 {
		f.Line, f.Column = file.Entries[0].Position(pointer)
	}
	return f
}

// Empty reports whether nothing was written of a new mode yet. Then there are no changes
// and no advice to show either.
func (e modeEditor) Empty() bool {
	return e.IsNew() && !e.Unreadable && e.Mode.Equal(blankDraft().Mode)
}

// ReadOnly reports whether the user can view the mode but not change it.
func (e modeEditor) ReadOnly() bool { return !e.Can.Update.Allowed }

// IsYAML reports whether the draft is in the YAML view.
func (e modeEditor) IsYAML() bool { return e.View == viewYAML }

// fileSchema returns the JSON Schema of the text in the YAML view.
var fileSchema = sync.OnceValues(func() ([]byte, error) { return jsonast.Marshal(modes.FileSchema()) })

// Schema returns the JSON Schema of the text in the YAML view.
func (e modeEditor) Schema() (string, error) {
	text, err := fileSchema()
	return string(text), err
}

// Tokens returns how many tokens the prompt costs in every request, estimated as in the API.
func (e modeEditor) Tokens() int {
	return lint.Tokens(e.Mode.Config.RoleDefinition) + lint.Tokens(e.Mode.Config.CustomInstructions)
}

// Size returns the size of the mode in bytes.
func (e modeEditor) Size() int { return e.Mode.Size() }

// MaxSize returns the maximum size of a mode in bytes.
func (e modeEditor) MaxSize() int { return modes.MaxModeBytes }

// Changes returns how the draft differs from its base; nil if it is unreadable.
func (e modeEditor) Changes() []diff.Change {
	if e.Unreadable {
		return nil
	}
	return modes.Diff(e.Base(), e.Mode)
}

// ChangeCount returns the number of changes, for scripts; "?" if the draft is unreadable.
func (e modeEditor) ChangeCount() string {
	if e.Unreadable {
		return "?"
	}
	if e.Untouched {
		return "0"
	}
	return itoa(len(e.Changes()))
}

// Compared returns the comparison of the draft with its base.
func (e modeEditor) Compared() shell.Comparison {
	c := compareModes("What changes, line by line", e.Base(), e.Mode, e.IsNew(), e.budget)
	base := e.BaseName()
	if base != "" {
		base = strings.ToUpper(base[:1]) + base[1:]
	}
	return c.WithSideNames(base, "Draft")
}

// AgainstBuiltin returns the comparison of the draft with the built-in mode that it
// replaces.
func (e modeEditor) AgainstBuiltin() shell.Comparison {
	return compareModes("Differences from the built-in mode", *e.Builtin, e.Mode, false, e.budget).WithSideNames("The built-in mode", "Draft")
}

// PublishedYAML returns the mode as editors get it.
func (e modeEditor) PublishedYAML() string { return string(modes.WriteYAMLMode(e.Mode)) }

// Editors returns the editors that the mode can be previewed in.
func (e modeEditor) Editors() []editors.Client { return editors.All() }

// SelectedEditor returns the selected editor, or the first one.
func (e modeEditor) SelectedEditor() editors.Client {
	if c, err := editors.Find(e.Form.Get("seen_by")); err == nil {
		return c
	}
	return editors.All()[0]
}

// Preview returns the mode as the selected editor interprets it.
func (e modeEditor) Preview() editors.View { return editors.Preview(e.SelectedEditor(), e.Mode) }

// Outdated reports whether a version was saved since the draft was begun.
func (e modeEditor) Outdated() bool {
	return e.Saved != nil && e.BaseVersion != "" && e.BaseVersion != e.modeTarget.CurrentVersion()
}
