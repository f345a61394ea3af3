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
	// Seen is the version that the draft began from, as id:version.
	Seen string
	// Draft holds where and when the draft was stored.
	Draft shell.Draft
	// Can holds what the user is allowed to do with modes.
	Can actions.Verdicts
	// Mistakes are the problems that prevent saving. Tried is true once saving was tried:
	// then they are listed, not only marked.
	Mistakes []modeMistake
	Tried    bool
	// Note is a message above the draft.
	Note     string
	Conflict *modeConflict
	// Starts lists the modes that a new one can begin with. From is the slug of the one that
	// this draft began with.
	Starts []startGroup
	From   string
	// Replaces is the name of the built-in mode that a new one would replace, as it has the
	// same slug.
	Replaces  string
	Templates []string
	Advice    []fieldAdvice
	// Fresh is true if the user has changed nothing yet.
	Fresh bool
	// budget bounds all comparisons of the page.
	budget *diff.Budget
	// Live is the publication line, Newer the notice of changes since the draft was begun.
	// Both belong to the whole page, and are nil on that of a new mode.
	Live  *shell.Live
	Newer *modeNewer
	// Part is true if only the parts that change during typing are requested.
	Part bool
}

// modeMistake is one problem to fix.
type modeMistake struct {
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

// complete adds the templates, problems and advice that the page shows for the draft.
func (p *Pages) complete(v *shell.Visit, e *modeEditor) error {
	e.budget = v.Budget()
	e.Can = v.Can(modes.KindName)
	e.Mistakes, e.Advice, e.Templates, e.Form.Wrong, e.Form.Order = nil, nil, nil, nil, nil
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
	if err := p.alsoWrong(v, e); err != nil {
		return err
	}
	fields := fieldsByPointer(e.Mode)
	touched := strings.Split(e.Form.Get("touched"), ",")
	e.Tried = e.Tried || slices.Contains(touched, touchedAll)
	for _, wrong := range e.Problems {
		m := modeMistake{Field: fieldAt(fields, wrong.Pointer), Detail: wrong.Detail, Line: wrong.Line, Column: wrong.Column}
		if e.View == viewYAML {
			m.Field = "yaml"
		}
		if !e.Tried && e.View == viewForm && m.Field != "" && !slices.Contains(touched, m.Field) {
			continue
		}
		e.Mistakes = append(e.Mistakes, m)
		if e.View == viewForm {
			e.Form = e.Form.Refuse(m.Field, m.Detail)
		}
	}
	if e.Unreadable || e.Empty() {
		return nil
	}
	if b := p.builtin(e.Mode.Slug); b != nil && e.IsNew() {
		e.Replaces = b.Name
	}
	for _, a := range lint.For(e.Mode) {
		one := fieldAdvice{Advice: a, Field: fieldAt(fields, a.Pointer)}
		if e.View == viewYAML {
			one.Field, one.Line = "yaml", e.at(a.Pointer, "").Line
		}
		e.Advice = append(e.Advice, one)
	}
	return nil
}

// alsoWrong adds the problems that depend on the library: that the slug is taken, or can't
// be changed.
func (p *Pages) alsoWrong(v *shell.Visit, e *modeEditor) error {
	slug := e.Mode.Slug
	if e.Unreadable || slug == "" || slices.ContainsFunc(e.Problems, func(wrong fault.Field) bool { return wrong.Pointer == "/slug" }) {
		return nil
	}
	if e.Builtin != nil && slug != e.Base().Slug {
		e.Problems = append(e.Problems, e.at("/slug", "This overrides the built-in mode "+e.Builtin.Slug+": its slug stays "+e.Base().Slug+". For a mode with another slug, duplicate it"))
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
			e.Problems = append(e.Problems, e.at("/slug", "A mode with the slug \""+slug+"\" already exists in this organization: "+other.Name+". Choose another slug, or change that mode"))
		}
	}
	return nil
}

// at returns a problem at a pointer, with its position in the YAML view.
func (d draft) at(pointer, detail string) fault.Field {
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
	return e.IsNew() && !e.Unreadable && e.Mode.Equal(blank().Mode)
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

// Changed returns the number of changes, for scripts; "?" if the draft is unreadable.
func (e modeEditor) Changed() string {
	if e.Unreadable {
		return "?"
	}
	if e.Fresh {
		return "0"
	}
	return itoa(len(e.Changes()))
}

// Compared returns the comparison of the draft with its base.
func (e modeEditor) Compared() shell.Comparison {
	c := comparisonOfModes("What changes, line by line", e.Base(), e.Mode, e.IsNew(), e.budget)
	base := e.BaseName()
	if base != "" {
		base = strings.ToUpper(base[:1]) + base[1:]
	}
	return c.Between(base, "Draft")
}

// AgainstBuiltin returns the comparison of the draft with the built-in mode that it
// replaces.
func (e modeEditor) AgainstBuiltin() shell.Comparison {
	return comparisonOfModes("Differences from the built-in mode", *e.Builtin, e.Mode, false, e.budget).Between("The built-in mode", "Draft")
}

// Written returns the mode as editors get it.
func (e modeEditor) Written() string { return string(modes.WriteYAMLMode(e.Mode)) }

// Clients returns the editors that the mode can be previewed in.
func (e modeEditor) Clients() []editors.Client { return editors.All() }

// Client returns the selected editor, or the first one.
func (e modeEditor) Client() editors.Client {
	if c, err := editors.Find(e.Form.Get("seen_by")); err == nil {
		return c
	}
	return editors.All()[0]
}

// SeenBy returns the mode as the selected editor interprets it.
func (e modeEditor) SeenBy() editors.View { return editors.See(e.Client(), e.Mode) }

// Late reports whether a version was saved since the draft was begun.
func (e modeEditor) Late() bool {
	return e.Saved != nil && e.Seen != "" && e.Seen != e.modeTarget.Seen()
}
