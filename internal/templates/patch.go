package templates

import (
	"slices"

	"orgmodes/internal/jsonast"
)

// Patch is a partial update. Absent fields stay unchanged, null clears, and an empty text or
// list is stored as empty.
type Patch struct {
	// Name, PermissionMode and AllowedTools are nil if unchanged. Null clears AllowedTools; the
	// other two can't be cleared.
	Name           *string
	PermissionMode *PermissionMode
	AllowedTools   *[]string
	// The texts are unchanged unless their Set is true.
	DefaultRole, DefaultSystemPrompt, Description TextPatch

	// node is the parsed patch, for positions.
	node *jsonast.Node
}

// TextPatch is an update of an optional text.
type TextPatch struct {
	// Set reports whether the text changes.
	Set bool
	// Value is the new text; nil clears it.
	Value *string
}

// ReadPatch decodes a partial update, an object with the fields to change. Fields set by the
// server are ignored, unknown ones are refused. Apply checks the rules, because only then the
// whole template is known. Errors are as for ReadTemplate.
func ReadPatch(data []byte) (Patch, error) {
	n, err := parseBody(data)
	if err != nil {
		return Patch{}, err
	}
	var d decoder
	p := Patch{node: n}
	d.object(n, "an update", editableFields, func(f jsonast.Field, at string) bool {
		switch f.Name {
		case "name":
			p.Name = d.nonNullText(f.Value, at)
		case "permission_mode":
			if s := d.nonNullText(f.Value, at); s != nil {
				p.PermissionMode = new(PermissionMode(*s))
			}
		case "allowed_tools":
			if tools, ok := d.tools(f.Value, at); ok {
				p.AllowedTools = &tools
			}
		case "default_role":
			p.DefaultRole = TextPatch{true, d.optionalText(f.Value, at)}
		case "default_system_prompt":
			p.DefaultSystemPrompt = TextPatch{true, d.optionalText(f.Value, at)}
		case "description":
			p.Description = TextPatch{true, d.optionalText(f.Value, at)}
		default:
			return slices.Contains(serverFields, f.Name)
		}
		return true
	})
	d.sort()
	if err := d.err(); err != nil {
		return Patch{}, err
	}
	return p, nil
}

// nonNullText decodes a text that can be changed but not cleared.
func (d *decoder) nonNullText(n *jsonast.Node, at string) *string {
	if n.Kind == jsonast.Null {
		d.addProblem(at, n.Line, n.Column, "can't be cleared, as every template has one; omit the field to keep its value")
	}
	return d.optionalText(n, at)
}

// Apply returns t with the patch applied, normalized and validated. It neither changes t nor
// shares memory with it. The error is a *fault.Error (Invalid), with positions for fields of
// the patch.
func (p Patch) Apply(t Template, tools Tools) (Template, error) {
	if p.Name != nil {
		t.Name = *p.Name
	}
	if p.PermissionMode != nil {
		t.PermissionMode = *p.PermissionMode
	}
	if p.AllowedTools != nil {
		t.AllowedTools = *p.AllowedTools
	}
	p.DefaultRole.apply(&t.DefaultRole)
	p.DefaultSystemPrompt.apply(&t.DefaultSystemPrompt)
	p.Description.apply(&t.Description)
	var d decoder
	t = d.finish(t, tools, func(pointer string) (line, column int) {
		if p.node == nil {
			return 0, 0
		}
		if at, exact := p.node.Find(pointer); exact {
			return at.Line, at.Column
		}
		return 0, 0
	})
	if err := d.err(); err != nil {
		return Template{}, err
	}
	return t, nil
}

func (p TextPatch) apply(to **string) {
	if p.Set {
		*to = p.Value
	}
}
