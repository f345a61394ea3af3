package modes

import (
	"slices"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/lint"
	"orgmodes/internal/modes"
)

// modeField is a field of a mode's form, with its hints, problems and advice.
type modeField struct {
	shell.Input
	Rows     int
	Mono     bool
	Locked   string
	ReadOnly bool
	Advice   []fieldAdvice
	// Partial is true if the field is swapped into a page that is already open.
	Partial bool
}

// textFields lists the fields that hold a text, in the order of the form.
var textFields = []modeField{
	{Input: shell.Input{Name: "name", Label: "Name"}},
	{Input: shell.Input{Name: "slug", Label: "Slug", Hint: "Editors identify the mode by this. Changing it makes a new mode for them."}, Mono: true},
	{Input: shell.Input{Name: "roleDefinition", Label: "Role definition", Hint: "Who the agent is. It begins every prompt."}, Rows: 6},
	{Input: shell.Input{Name: "description", Label: "Short description", Aside: "optional, shown in the mode menu"}, Rows: 1},
	{Input: shell.Input{Name: "whenToUse", Label: "When to use", Aside: "optional, read by the orchestrator"}, Rows: 2},
	{Input: shell.Input{Name: "customInstructions", Label: "Custom instructions", Aside: "optional"}, Rows: 8},
	{Input: shell.Input{Name: iconField, Label: "Icon", Aside: "optional", Hint: "The name of an icon of the editor, such as codicon-book."}, Mono: true},
}

// Field returns one of textFields, filled in.
func (e modeEditor) Field(name string) modeField {
	i := slices.IndexFunc(textFields, func(f modeField) bool { return f.Name == name })
	f := textFields[i]
	f.Value, f.Error, f.ReadOnly, f.Partial = e.Form.Get(name), e.Form.Errors[name], e.ReadOnly(), e.Partial
	f.Advice = e.adviceFor(name)
	switch name {
	case "slug":
		if e.Builtin != nil {
			f.Locked = "It overrides the built-in mode, so its slug can't be changed."
			f.Hint, f.ReadOnly = "", true
		}
		if e.IsNew() {
			f.Hint = "Letters, numbers and hyphens. Editors identify the mode by this."
			if e.Replaces != "" {
				f.Hint = "The built-in mode " + e.Replaces + " has this slug: yours replaces it, for everyone."
			}
		}
	case "roleDefinition", "customInstructions":
		if n := lint.Tokens(f.Value); n > 0 {
			f.Aside = shell.Pluralize(n, "token")
		}
	}
	return f
}

// Texts returns all of textFields, filled in.
func (e modeEditor) Texts() []modeField {
	out := make([]modeField, len(textFields))
	for i, f := range textFields {
		out[i] = e.Field(f.Name)
	}
	return out
}

func (e modeEditor) adviceFor(field string) (out []fieldAdvice) {
	for _, a := range e.Advice {
		if a.Field == field {
			out = append(out, a)
		}
	}
	return out
}

// FieldMessages returns the problem and the advice of a field that isn't one of textFields.
func (e modeEditor) FieldMessages(name string) modeField {
	return modeField{Input: shell.Input{Name: name, Error: e.Form.Errors[name]}, Advice: e.adviceFor(name), Partial: e.Partial}
}

// toolGroup is a group of tools in the form.
type toolGroup struct {
	Name, Summary string
	Checked       bool
	// Restricts is true if the form can restrict the group to certain files.
	Restricts          bool
	Regex, Description modeField
	ReadOnly           bool
}

var groupDescriptions = map[string]string{
	"read": "Read files, list folders, search", "edit": "Create and change files", "browser": "Open pages in a browser",
	"command": "Run commands in a terminal", "mcp": "Use MCP servers", "modes": "Switch modes and start tasks in them",
}

// Tools returns the groups that editors know, followed by any others of the draft.
func (e modeEditor) Tools() []toolGroup {
	names := modes.GroupNames()
	for _, name := range e.Form.Values("group") {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	out := make([]toolGroup, len(names))
	for i, name := range names {
		t := toolGroup{Name: name, Summary: groupDescriptions[name], Checked: e.Form.Has("group", name), ReadOnly: e.ReadOnly()}
		if t.Summary == "" {
			t.Summary = "not a group that editors know"
		}
		regex, description := "fileRegex."+name, "fileDescription."+name
		t.Restricts = name == "edit" || e.Form.Get(regex) != "" || e.Form.Get(description) != ""
		t.Regex, t.Description = e.FieldMessages(regex), e.FieldMessages(description)
		t.Regex.Value, t.Regex.Label, t.Regex.Mono = e.Form.Get(regex), "Only files matching", true
		t.Description.Value, t.Description.Label = e.Form.Get(description), "Shown as"
		t.Regex.ReadOnly, t.Description.ReadOnly = t.ReadOnly, t.ReadOnly
		out[i] = t
	}
	return out
}

// UnknownFields returns the fields that the form doesn't know, as YAML; empty if there are
// none.
func (e modeEditor) UnknownFields() string {
	b, err := parsePassthrough(e.Form)
	if err != nil || len(b.Fields) == 0 && len(b.Options) == 0 {
		return ""
	}
	var all jsonast.Map
	if len(b.Fields) > 0 {
		all = append(all, jsonast.Pair{Name: "mode", Value: b.Fields})
	}
	for _, name := range b.Order {
		if options := b.Options[name]; len(options) > 0 {
			all = append(all, jsonast.Pair{Name: name, Value: options})
		}
	}
	if len(all) == 1 && all[0].Name == "mode" {
		return string(jsonast.MarshalYAML(b.Fields, ""))
	}
	return string(jsonast.MarshalYAML(all, ""))
}

// HiddenFields returns the hidden fields that are sent along with the draft.
func (e modeEditor) HiddenFields() []shell.Pair {
	return []shell.Pair{{Name: "view", Value: e.View}, {Name: "seen", Value: e.BaseVersion}, {Name: "beside", Value: e.Form.Get("beside")}, {Name: "from", Value: e.From}}
}

// viewButton switches to a view of the draft.
type viewButton struct {
	View, Label, Path string
	// PagePath is the address of the page once it shows the view.
	PagePath string
	Current  bool
}

// Views returns the buttons of the two views.
func (e modeEditor) Views() []viewButton {
	draft := ""
	if e.IsNew() {
		draft = "&draft=" + e.Draft.Subject.String()
	}
	return []viewButton{
		{viewForm, "Form", e.Path, e.Path + "?view=" + viewForm + draft, !e.IsYAML()},
		{viewYAML, "YAML", e.Path, e.Path + "?view=" + viewYAML + draft, e.IsYAML()},
	}
}
