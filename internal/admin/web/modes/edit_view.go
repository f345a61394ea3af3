package modes

import (
	"context"
	"slices"
	"strings"
	"sync"

	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/advice"
	"orgmodes/internal/clients"
	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/modes"
)

// modeEditor is what the page shows on which a mode is written.
type modeEditor struct {
	modeTarget
	draft
	// Seen names the version that the draft began from, as id:version.
	Seen string
	// Draft is where and when it was stored.
	Draft shell.Draft
	// Can is what the visitor may do with modes.
	Can actions.Verdicts
	// Mistakes are what keeps the draft from being saved; Tried says that saving
	// was tried, so that they are listed and not only marked.
	Mistakes []modeMistake
	Tried    bool
	// Note is something to say above the draft.
	Note     string
	Conflict *modeConflict
	// Starts are what a new mode can begin with, From the one that it did.
	Starts []startGroup
	From   string
	// Replaces is the built-in mode that a new one would replace, by its slug.
	Replaces  string
	Templates []string
	Advice    []fieldAdvice
	// Fresh says that nothing was written yet.
	Fresh bool
	// budget is the page's, for comparisons.
	budget *diff.Budget
	// Live is the publication line, Newer what happened since the draft was begun;
	// both are of the whole page, and nil on that of a new mode.
	Live  *shell.Live
	Newer *modeNewer
	// Part says that only what changes while one types is asked for.
	Part bool
}

// modeMistake is one thing to mend.
type modeMistake struct {
	Field, Detail string
	Line, Column  int
}

// fieldAdvice is advice with the field that it is about, and in the view YAML the
// line.
type fieldAdvice struct {
	advice.Advice
	Field string
	Line  int
}

// touchedAll is in the field "touched" once saving was tried: then every mistake
// is said, also in fields that nobody has been to.
const touchedAll = "*"

// complete finds out what there is to say about the draft.
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
	for _, a := range advice.For(e.Mode) {
		one := fieldAdvice{Advice: a, Field: fieldAt(fields, a.Pointer)}
		if e.View == viewYAML {
			one.Field, one.Line = "yaml", e.at(a.Pointer, "").Line
		}
		e.Advice = append(e.Advice, one)
	}
	return nil
}

// alsoWrong adds what only the library knows: that a slug is taken, or has to
// stay as it is.
func (p *Pages) alsoWrong(v *shell.Visit, e *modeEditor) error {
	slug := e.Mode.Slug
	if e.Unreadable || slug == "" || slices.ContainsFunc(e.Problems, func(wrong fault.Field) bool { return wrong.Pointer == "/slug" }) {
		return nil
	}
	if e.Builtin != nil && slug != e.Base().Slug {
		e.Problems = append(e.Problems, e.at("/slug", "This stands in the place of the built-in mode "+e.Builtin.Slug+": its slug stays "+e.Base().Slug+". For a mode of another slug, duplicate it"))
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

// at blames a place of the draft.
func (d draft) at(pointer, detail string) fault.Field {
	f := fault.Field{Pointer: pointer, Detail: detail}
	if d.View != viewYAML {
		return f
	}
	// It was read once already, within the budget of one mode.
	if file, err := modes.ReadFile(context.Background(), []byte(d.YAML)); err == nil && len(file.Entries) == 1 {
		f.Line, f.Column = file.Entries[0].Position(pointer)
	}
	return f
}

// Empty says that nothing was written of a new mode yet: then there is nothing to
// say about it either.
func (e modeEditor) Empty() bool {
	return e.IsNew() && !e.Unreadable && e.Mode.Equal(blank().Mode)
}

// ReadOnly says that the visitor may look and not change.
func (e modeEditor) ReadOnly() bool { return !e.Can.Update.Allowed }

// IsYAML says which view it is.
func (e modeEditor) IsYAML() bool { return e.View == viewYAML }

// fileSchema is that of the view YAML.
var fileSchema = sync.OnceValues(func() ([]byte, error) { return jsonast.Marshal(modes.FileSchema()) })

// Schema is the JSON Schema of what is written in the view YAML.
func (e modeEditor) Schema() (string, error) {
	text, err := fileSchema()
	return string(text), err
}

// Tokens is what the prompt costs with every request, as the API estimates it.
func (e modeEditor) Tokens() int {
	return advice.Tokens(e.Mode.Config.RoleDefinition) + advice.Tokens(e.Mode.Config.CustomInstructions)
}

// Size is what the mode weighs.
func (e modeEditor) Size() int { return e.Mode.Size() }

// MaxSize is what it may weigh.
func (e modeEditor) MaxSize() int { return modes.MaxModeBytes }

// Changes are those against what is there.
func (e modeEditor) Changes() []diff.Change {
	if e.Unreadable {
		return nil
	}
	return modes.Diff(e.Base(), e.Mode)
}

// Changed is how many changes there are, for scripts: "?" where nobody can tell.
func (e modeEditor) Changed() string {
	if e.Unreadable {
		return "?"
	}
	if e.Fresh {
		return "0"
	}
	return itoa(len(e.Changes()))
}

// Compared is what changes.
func (e modeEditor) Compared() shell.Comparison {
	c := comparisonOfModes("What changes, line by line", e.Base(), e.Mode, e.IsNew(), e.budget)
	base := e.BaseName()
	if base != "" {
		base = strings.ToUpper(base[:1]) + base[1:]
	}
	return c.Between(base, "Draft")
}

// AgainstBuiltin is how the draft of a mode that is in a built-in one's place
// differs from that.
func (e modeEditor) AgainstBuiltin() shell.Comparison {
	return comparisonOfModes("What is different from the built-in mode", *e.Builtin, e.Mode, false, e.budget).Between("The built-in mode", "Draft")
}

// Written is the mode as editors get it.
func (e modeEditor) Written() string { return string(modes.WriteYAMLMode(e.Mode)) }

// Clients are the editors whose view can be looked at.
func (e modeEditor) Clients() []clients.Client { return clients.All() }

// Client is the one that is chosen.
func (e modeEditor) Client() clients.Client {
	if c, err := clients.Find(e.Form.Get("seen_by")); err == nil {
		return c
	}
	return clients.All()[0]
}

// SeenBy is the mode as that editor makes it.
func (e modeEditor) SeenBy() clients.View { return clients.See(e.Client(), e.Mode) }

// Late says that somebody else has saved a version since the draft was begun.
func (e modeEditor) Late() bool {
	return e.Saved != nil && e.Seen != "" && e.Seen != e.modeTarget.Seen()
}
