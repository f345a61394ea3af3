package modes

import (
	"encoding/json"
	"slices"
	"strings"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/modes"
)

// passthrough holds the parts of a mode that the form has no fields for. A hidden field
// carries it, so that the form loses nothing of a mode.
type passthrough struct {
	// Fields are the unknown fields of the mode, Options those of its restrictions, by
	// group.
	Fields  map[string]any            `json:"fields,omitempty"`
	Options map[string]map[string]any `json:"options,omitempty"`
	// Order lists the groups in the order of the mode.
	Order []string `json:"order,omitempty"`
}

const iconField = "iconName"

// modeForm returns the form of a mode.
func modeForm(m modes.Mode) shell.Form {
	c := m.Config
	f := shell.NewForm(
		"view", viewForm, "name", m.Name, "slug", m.Slug, "roleDefinition", c.RoleDefinition, "description", c.Description,
		"whenToUse", c.WhenToUse, "customInstructions", c.CustomInstructions, "permissionTemplate", c.PermissionTemplate,
	)
	b := passthrough{Fields: map[string]any{}, Options: map[string]map[string]any{}}
	for name, value := range c.Extra {
		if icon, isText := value.(string); isText && name == iconField {
			f.Fields.Set(iconField, icon)
			continue
		}
		b.Fields[name] = value
	}
	for _, g := range c.Groups {
		f.Fields.Add("group", g.Name)
		b.Order = append(b.Order, g.Name)
		if r := g.Restriction; r != nil {
			f.Fields.Set("fileRegex."+g.Name, r.FileRegex)
			f.Fields.Set("fileDescription."+g.Name, r.Description)
			if len(r.Extra) > 0 {
				b.Options[g.Name] = r.Extra
			}
		}
	}
	if data, err := json.Marshal(b); err == nil { // values that came from JSON always marshal
		f.Fields.Set("beside", string(data))
	}
	return f
}

// readFormDraft reads the draft in the form view.
func readFormDraft(f shell.Form) draft {
	d := draft{View: viewForm, Form: f}
	b, err := parsePassthrough(f)
	if err != nil {
		d.Unreadable, d.Problems = true, faultFields(shell.MalformedForm(err))
		return d
	}
	m := modes.Mode{Slug: f.Get("slug"), Name: f.Get("name"), Config: modes.Config{
		RoleDefinition: f.Get("roleDefinition"), Description: f.Get("description"), WhenToUse: f.Get("whenToUse"),
		CustomInstructions: f.Get("customInstructions"), PermissionTemplate: f.Get("permissionTemplate"),
		Groups: []modes.Group{}, Extra: b.Fields,
	}}
	if icon := strings.TrimSpace(f.Get(iconField)); icon != "" {
		if m.Config.Extra == nil {
			m.Config.Extra = map[string]any{}
		}
		m.Config.Extra[iconField] = icon
	}
	for _, name := range b.checkedGroups(f) {
		g := modes.Group{Name: name}
		r := modes.Restriction{FileRegex: f.Get("fileRegex." + name), Description: f.Get("fileDescription." + name), Extra: b.Options[name]}
		if r.FileRegex != "" || r.Description != "" || len(r.Extra) > 0 {
			g.Restriction = &r
		}
		m.Config.Groups = append(m.Config.Groups, g)
	}
	d.Mode = m.Normalized()
	d.Problems = faultFields(d.Mode.Validate())
	return d
}

func parsePassthrough(f shell.Form) (b passthrough, err error) {
	text := f.Get("beside")
	if text == "" {
		return b, nil
	}
	return b, jsonast.DecodeJSON([]byte(text), shell.FieldBudget(len(text)), &b)
}

// checkedGroups returns the groups that are checked in the form. Those of Order come first,
// in that order; new ones follow in the order of modes.GroupNames.
func (b passthrough) checkedGroups(f shell.Form) []string {
	checked := f.Values("group")
	var out []string
	for _, list := range [][]string{b.Order, modes.GroupNames(), checked} {
		for _, name := range list {
			if slices.Contains(checked, name) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// fitsForm reports whether the form can hold all of m.
func fitsForm(m modes.Mode) bool {
	if m.Config.Groups == nil {
		m.Config.Groups = []modes.Group{}
	}
	for _, g := range m.Config.Groups {
		if r := g.Restriction; r != nil && (!isSingleLine(r.FileRegex) || !isSingleLine(r.Description)) {
			return false
		}
	}
	icon, _ := m.Config.Extra[iconField].(string)
	return isSingleLine(m.Slug) && isSingleLine(m.Name) && isSingleLine(icon) && readFormDraft(modeForm(m)).Mode.Equal(m)
}

// fieldsByPointer maps JSON pointers into the API's form of a mode to the names of the
// form's fields.
func fieldsByPointer(m modes.Mode) map[string]string {
	out := map[string]string{
		"/slug": "slug", "/name": "name", "/config": "beside", "/config/roleDefinition": "roleDefinition",
		"/config/description": "description", "/config/whenToUse": "whenToUse", "/config/groups": "group",
		"/config/customInstructions": "customInstructions", "/config/permissionTemplate": "permissionTemplate",
		"/config/" + iconField: iconField,
	}
	for i, g := range m.Config.Groups {
		at := "/config/groups/" + itoa(i)
		out[at+"/1/fileRegex"] = "fileRegex." + g.Name
		out[at+"/1/description"] = "fileDescription." + g.Name
	}
	return out
}

// fieldForPointer returns the field of a pointer or of its closest parent; "" is the whole
// form.
func fieldForPointer(fields map[string]string, pointer string) string {
	for at := pointer; at != ""; at = at[:strings.LastIndexByte(at, '/')] {
		if name, ok := fields[at]; ok {
			return name
		}
	}
	return ""
}
