package templates

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
	"orgmodes/internal/suggest"
)

// editableFields lists the user-editable fields, in the order in which they are written.
var editableFields = []string{"name", "permission_mode", "allowed_tools", "default_role", "default_system_prompt", "description"}

// serverFields are set by the server. Input that includes them is accepted, so that a response
// can be sent back. Requests ignore them; files use some of them, see identity.
var serverFields = []string{
	"template_id", "organization_id", "created_at", "updated_at", "created_by", "updated_by", "version", "etag", "actions",
}

// decoder converts nodes to templates. It collects every problem instead of stopping at the
// first.
type decoder struct {
	problems []problem
	notices  []resource.Notice
}

// addProblem records a problem. A hostile text has thousands, of which maxProblems are
// reported. One more than that is stored, to tell that there are more.
func (d *decoder) addProblem(pointer string, line, column int, format string, args ...any) {
	if len(d.problems) > maxProblems {
		return
	}
	d.problems = append(d.problems, problem{
		Field: fault.Field{Pointer: pointer, Detail: fmt.Sprintf(format, args...), Line: line, Column: column},
	})
}

func (d *decoder) notice(n *jsonast.Node, pointer, format string, args ...any) {
	d.notices = append(d.notices, resource.Notice{Pointer: pointer, Detail: fmt.Sprintf(format, args...), Line: n.Line, Column: n.Column})
}

// object iterates over the members of an object. It calls decode for each usable member;
// decode reports whether it knows the field. names are the candidates for the suggestion that an
// unknown field gets.
func (d *decoder) object(n *jsonast.Node, what string, names []string, decode func(f jsonast.Field, pointer string) bool) {
	if n.Kind != jsonast.Object {
		d.addProblem("", n.Line, n.Column, "%s is an object; this is %s", what, n.Describe())
		return
	}
	for _, f := range n.Fields {
		at := jsonast.EscapeToken(f.Name)
		switch {
		case f.Problem != "":
			d.addProblem(at, f.Line, f.Column, "%s", f.Problem)
		case decode(f, at):
		case len(d.problems) <= maxProblems: // finding the nearest name is expensive
			d.addProblem(at, f.Line, f.Column, "unknown field %s%s", quoted(f.Name), suggest.HintNear("; the closest match is %s", f.Name, names))
		}
	}
}

// template decodes a template from a request or a file. It checks types only; Validate checks
// the rules.
func (d *decoder) template(n *jsonast.Node) Template {
	t := Template{AllowedTools: []string{}}
	d.object(n, "a template", editableFields, func(f jsonast.Field, at string) bool {
		switch f.Name {
		case "name":
			t.Name, _ = d.text(f.Value, at)
		case "permission_mode":
			mode, _ := d.text(f.Value, at)
			t.PermissionMode = PermissionMode(mode)
		case "allowed_tools":
			t.AllowedTools, _ = d.tools(f.Value, at)
		case "default_role":
			t.DefaultRole = d.optionalText(f.Value, at)
		case "default_system_prompt":
			t.DefaultSystemPrompt = d.optionalText(f.Value, at)
		case "description":
			t.Description = d.optionalText(f.Value, at)
		default:
			return slices.Contains(serverFields, f.Name)
		}
		return true
	})
	return t
}

// text decodes a string. It reports false for null, as if the field were absent.
func (d *decoder) text(n *jsonast.Node, at string) (string, bool) {
	switch {
	case n.Kind == jsonast.Null:
		return "", false
	case n.Problem != "":
		d.addProblem(at, n.Line, n.Column, "%s", n.Problem)
		return "", false
	case n.Kind != jsonast.String:
		d.addProblem(at, n.Line, n.Column, "must be text, not %s", n.Describe())
		return "", false
	}
	return n.Text, true
}

// optionalText decodes a string that can be null. It returns nil for null and a pointer to "" for
// an empty string.
func (d *decoder) optionalText(n *jsonast.Node, at string) *string {
	if s, ok := d.text(n, at); ok {
		return &s
	}
	return nil
}

// tools decodes a list of allowed tools. Null is an empty list.
func (d *decoder) tools(n *jsonast.Node, at string) ([]string, bool) {
	switch {
	case n.Kind == jsonast.Null:
		return []string{}, true
	case n.Kind != jsonast.Array:
		d.addProblem(at, n.Line, n.Column, "must be a list of tools, such as [\"Read\", \"Bash(git status:*)\"], not %s", n.Describe())
		return []string{}, false
	}
	tools := make([]string, len(n.Items))
	for i, item := range n.Items {
		at := fmt.Sprintf("%s/%d", at, i)
		s, ok := d.text(item, at)
		if item.Kind == jsonast.Null {
			d.addProblem(at, item.Line, item.Column, "must be text, not null")
		}
		if ok {
			tools[i] = s
		}
	}
	return tools, true
}

// identity holds the server-set fields of a template that a file can contain.
type identity struct {
	id                   uuid.UUID
	createdAt, updatedAt time.Time
}

// identity decodes the server-set fields that only files make use of. An invalid id is a
// problem, because the id selects the template. An invalid time is only a notice.
func (d *decoder) identity(n *jsonast.Node) identity {
	var out identity
	if given := n.Get("template_id"); given != nil && given.Kind != jsonast.Null {
		id, ok := parseID(given.Text)
		if given.Kind != jsonast.String || !ok {
			d.addProblem("/template_id", given.Line, given.Column, "must be a UUID such as %s; leave it out to make a new template", exampleID)
		}
		out.id = id
	}
	parseTime := func(name string) time.Time {
		given := n.Get(name)
		if given == nil || given.Kind == jsonast.Null {
			return time.Time{}
		}
		t, ok := parseTimestamp(given.Text)
		if given.Kind != jsonast.String || !ok {
			d.notice(given, jsonast.EscapeToken(name), "this is not a time in ISO 8601, such as 2025-01-31T12:00:00+00:00; it is not kept")
			return time.Time{}
		}
		return t
	}
	out.createdAt, out.updatedAt = parseTime("created_at"), parseTime("updated_at")
	return out
}

const exampleID = "3f2b8c1e-6a4d-4f0b-9b57-0c1d2e3f4a5b"

// parseID parses an id in canonical form, the only one that the server writes. It rejects the
// nil UUID.
func parseID(s string) (uuid.UUID, bool) {
	id, err := uuid.Parse(s)
	if err != nil || len(s) != 36 || id == uuid.Nil {
		return uuid.Nil, false
	}
	return id, true
}

// finish normalizes and validates t. find returns the text position for a pointer.
func (d *decoder) finish(t Template, tools Tools, find func(pointer string) (line, column int)) Template {
	t = t.Normalized()
	decodeProblems := d.problems
	for _, p := range t.problems(tools) {
		// Don't report both "must be text" and "is required" for the same field.
		if slices.ContainsFunc(decodeProblems, func(b problem) bool { return jsonast.Overlap(b.Pointer, p.Pointer) }) {
			continue
		}
		p.Line, p.Column = find(p.Pointer)
		d.problems = append(d.problems, p)
	}
	d.sort()
	return t
}

// sort orders the problems by their position in the text.
func (d *decoder) sort() {
	slices.SortStableFunc(d.problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

func (d *decoder) err() error {
	if len(d.problems) == 0 {
		return nil
	}
	return invalidError(d.problems)
}
