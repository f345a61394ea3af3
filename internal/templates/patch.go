package templates

import (
	"slices"

	"orgmodes/internal/jsonast"
)

// Patch is a partial update. What it doesn't name stays as it is; null clears,
// and an empty text or list is kept as empty.
type Patch struct {
	// Name, PermissionMode and AllowedTools are nil where they stay. Null clears
	// the list; the other two can't be cleared.
	Name           *string
	PermissionMode *PermissionMode
	AllowedTools   *[]string
	// The texts say whether they change, and to what.
	DefaultRole, DefaultSystemPrompt, Description TextPatch

	// node is the text that the patch was read from, for positions.
	node *jsonast.Node
}

// TextPatch is what becomes of an optional text.
type TextPatch struct {
	// Set says that it changes.
	Set bool
	// To is what it changes to; nil where it is cleared.
	To *string
}

// ReadPatch reads a partial update, an object with the fields to change. Fields
// that the server makes are passed over, unknown ones are refused. Rules are
// judged by Apply, where the whole template is known. The error is as
// ReadTemplate's.
func ReadPatch(data []byte) (Patch, error) {
	n, err := parseBody(data)
	if err != nil {
		return Patch{}, err
	}
	var d decoder
	p := Patch{node: n}
	d.object(n, "an update", writable, func(f jsonast.Field, at string) bool {
		switch f.Name {
		case "name":
			p.Name = d.kept(f.Value, at)
		case "permission_mode":
			if s := d.kept(f.Value, at); s != nil {
				p.PermissionMode = new(PermissionMode(*s))
			}
		case "allowed_tools":
			if tools, ok := d.tools(f.Value, at); ok {
				p.AllowedTools = &tools
			}
		case "default_role":
			p.DefaultRole = TextPatch{true, d.optional(f.Value, at)}
		case "default_system_prompt":
			p.DefaultSystemPrompt = TextPatch{true, d.optional(f.Value, at)}
		case "description":
			p.Description = TextPatch{true, d.optional(f.Value, at)}
		default:
			return slices.Contains(serverFields, f.Name)
		}
		return true
	})
	d.sort()
	if err := d.failure(); err != nil {
		return Patch{}, err
	}
	return p, nil
}

// kept reads a text that can change and can't be cleared.
func (d *decoder) kept(n *jsonast.Node, at string) *string {
	if n.Kind == jsonast.Null {
		d.blame(at, n.Line, n.Column, "can't be cleared, as every template has one; leave the field out to keep it as it is")
	}
	return d.optional(n, at)
}

// Apply returns t as the patch changes it, normalized and validated. Nothing of t
// is changed or shared. The error is a *fault.Error (Invalid), with the positions
// of what stands in the patch.
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
	t = d.judge(t, tools, func(pointer string) (line, column int) {
		if p.node == nil {
			return 0, 0
		}
		if at, exact := p.node.Find(pointer); exact {
			return at.Line, at.Column
		}
		return 0, 0
	})
	if err := d.failure(); err != nil {
		return Template{}, err
	}
	return t, nil
}

func (p TextPatch) apply(to **string) {
	if p.Set {
		*to = p.To
	}
}
