package templates

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
)

// writable are the fields that people write, in the order in which they are
// written.
var writable = []string{"name", "permission_mode", "allowed_tools", "default_role", "default_system_prompt", "description"}

// serverFields are made by us. Whoever sends back what it was given is not
// refused for having them: in a request they say nothing, in a file some do.
var serverFields = []string{
	"template_id", "organization_id", "created_at", "updated_at", "created_by", "updated_by", "version", "etag",
}

// decoder makes templates of nodes. It collects every problem instead of stopping
// at the first.
type decoder struct {
	problems []problem
	notices  []modes.Notice
}

func (d *decoder) blame(pointer string, line, column int, format string, args ...any) {
	d.problems = append(d.problems, problem{
		Field: fault.Field{Pointer: pointer, Detail: fmt.Sprintf(format, args...), Line: line, Column: column},
	})
}

func (d *decoder) notice(n *node, pointer, format string, args ...any) {
	d.notices = append(d.notices, modes.Notice{Pointer: pointer, Detail: fmt.Sprintf(format, args...), Line: n.line, Column: n.column})
}

// object goes through the members of an object. take is called for each that can
// be kept, and reports whether it knows the field; names are those to suggest
// for one that nobody knows.
func (d *decoder) object(n *node, what string, names []string, take func(f field, pointer string) bool) {
	if n.kind != object {
		d.blame("", n.line, n.column, "%s is an object; this is %s", what, n.describe())
		return
	}
	for _, f := range n.fields {
		at := step(f.name)
		switch {
		case f.flaw != "":
			d.blame(at, f.line, f.column, "%s", f.flaw)
		case take(f, at):
		case len(d.problems) <= maxProblems: // nobody reads on, and hostile texts have thousands
			d.blame(at, f.line, f.column, "unknown field %s; the nearest known one is %s", quoted(f.name), nearest(f.name, names))
		}
	}
}

// template reads a template as a request or a file has it. It judges types, not
// rules.
func (d *decoder) template(n *node) Template {
	t := Template{AllowedTools: []string{}}
	d.object(n, "a template", writable, func(f field, at string) bool {
		switch f.name {
		case "name":
			t.Name, _ = d.required(f.value, at)
		case "permission_mode":
			mode, _ := d.required(f.value, at)
			t.PermissionMode = PermissionMode(mode)
		case "allowed_tools":
			t.AllowedTools, _ = d.tools(f.value, at)
		case "default_role":
			t.DefaultRole = d.optional(f.value, at)
		case "default_system_prompt":
			t.DefaultSystemPrompt = d.optional(f.value, at)
		case "description":
			t.Description = d.optional(f.value, at)
		default:
			return slices.Contains(serverFields, f.name)
		}
		return true
	})
	return t
}

// required reads a text; null is as if it weren't there.
func (d *decoder) required(n *node, at string) (string, bool) {
	switch {
	case n.kind == null:
		return "", false
	case n.kind != text:
		d.blame(at, n.line, n.column, "must be text, not %s", n.describe())
		return "", false
	case n.flaw != "":
		d.blame(at, n.line, n.column, "%s", n.flaw)
		return "", false
	}
	return n.text, true
}

// optional reads a text that may be null: nil then, and an empty one where it is
// empty.
func (d *decoder) optional(n *node, at string) *string {
	if s, ok := d.required(n, at); ok {
		return &s
	}
	return nil
}

// tools reads a list of allowed tools; null is an empty one.
func (d *decoder) tools(n *node, at string) ([]string, bool) {
	switch {
	case n.kind == null:
		return []string{}, true
	case n.kind != list:
		d.blame(at, n.line, n.column, "must be a list of tools, such as [\"Read\", \"Bash(git status:*)\"], not %s", n.describe())
		return []string{}, false
	}
	tools := make([]string, len(n.items))
	for i, item := range n.items {
		at := fmt.Sprintf("%s/%d", at, i)
		s, ok := d.required(item, at)
		if item.kind == null {
			d.blame(at, item.line, item.column, "must be text, not null")
		}
		if ok {
			tools[i] = s
		}
	}
	return tools, true
}

// identity is what the server made of a template, where a file has it.
type identity struct {
	id                   uuid.UUID
	createdAt, updatedAt time.Time
}

// identity reads the fields of a template that only files mean something by. What
// is unreadable of them is a problem only for the id: it decides which template is
// meant.
func (d *decoder) identity(n *node) identity {
	var out identity
	if given := n.get("template_id"); given != nil && given.kind != null {
		id, ok := parseID(given.text)
		if given.kind != text || !ok {
			d.blame("/template_id", given.line, given.column, "must be a UUID such as %s; leave it out to make a new template", exampleID)
		}
		out.id = id
	}
	moment := func(name string) time.Time {
		given := n.get(name)
		if given == nil || given.kind == null {
			return time.Time{}
		}
		t, ok := parseTimestamp(given.text)
		if given.kind != text || !ok {
			d.notice(given, step(name), "this is no time in ISO 8601, such as 2025-01-31T12:00:00+00:00; it is not kept")
			return time.Time{}
		}
		return t
	}
	out.createdAt, out.updatedAt = moment("created_at"), moment("updated_at")
	return out
}

const exampleID = "3f2b8c1e-6a4d-4f0b-9b57-0c1d2e3f4a5b"

// parseID reads the one way to write an id that we write ourselves.
func parseID(s string) (uuid.UUID, bool) {
	id, err := uuid.Parse(s)
	if err != nil || len(s) != 36 || id == uuid.Nil {
		return uuid.Nil, false
	}
	return id, true
}

// judge normalizes and validates, and finds where in the text to look.
func (d *decoder) judge(t Template, tools Tools, find func(pointer string) (line, column int)) Template {
	t = t.Normalized()
	blamed := d.problems
	for _, p := range t.problems(tools) {
		// "must be text" and "is required" for one place would be one too many.
		if slices.ContainsFunc(blamed, func(b problem) bool { return overlaps(b.Pointer, p.Pointer) }) {
			continue
		}
		p.Line, p.Column = find(p.Pointer)
		d.problems = append(d.problems, p)
	}
	d.sort()
	return t
}

// sort puts problems in the order of the text.
func (d *decoder) sort() {
	slices.SortStableFunc(d.problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

func (d *decoder) failure() error {
	if len(d.problems) == 0 {
		return nil
	}
	return invalid(d.problems)
}

// overlaps reports whether one pointer is the other, or around it.
func overlaps(blamed, p string) bool {
	return blamed == p || blamed == "" || strings.HasPrefix(blamed, p+"/") || strings.HasPrefix(p, blamed+"/")
}

// position is where a pointer, or what is closest around it, stands in a text.
func (n *node) position(pointer string) (line, column int) {
	at, _ := n.find(pointer)
	return at.line, at.column
}
