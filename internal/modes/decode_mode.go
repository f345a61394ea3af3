package modes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"orgmodes/internal/fault"
)

// maxProblems bounds what is said about one mode: nobody reads more.
const maxProblems = 50

const templateProblem = "this is a template placeholder in braces; put in what it stands for"

// decoder makes modes of nodes. It collects every problem instead of stopping
// at the first.
type decoder struct {
	problems []fault.Field
	notices  []Notice
}

func (d *decoder) blame(pointer, detail string, line, column int) {
	d.problems = append(d.problems, fault.Field{Pointer: pointer, Detail: detail, Line: line, Column: column})
}

func (d *decoder) notice(n *node, pointer, detail string) {
	d.notices = append(d.notices, Notice{Pointer: pointer, Detail: detail, Line: n.line, Column: n.column})
}

// failure is the error of what was decoded so far.
func (d *decoder) failure() error {
	if len(d.problems) == 0 {
		return nil
	}
	return invalidMode(d.problems)
}

func invalidMode(problems []fault.Field) error {
	return fault.New(fault.Invalid, "invalid_mode", "This mode can't be used as it is.").With(capped(problems)...)
}

// capped keeps the first problems, and says once how many more there are.
func capped(problems []fault.Field) []fault.Field {
	if len(problems) <= maxProblems+1 {
		return problems
	}
	more := fault.Field{Detail: fmt.Sprintf("and %d more problems", len(problems)-maxProblems)}
	return append(problems[:maxProblems:maxProblems], more)
}

// flatMode reads a mode as files have it, everything on one level, and judges
// it. Problems point into the API's form of it, where the configuration has a
// level of its own.
func (d *decoder) flatMode(n *node) Mode {
	if n.template {
		d.blame("", templateProblem, n.line, n.column)
		return Mode{}
	}
	if n.kind != mapping {
		d.blame("", cmp.Or(n.flaw, "a mode is an object with slug, name, roleDefinition and groups; this is "+n.describe()), n.line, n.column)
		return Mode{}
	}
	var m Mode
	config := &node{kind: mapping, line: n.line, column: n.column}
	for _, f := range n.fields {
		at := "/" + escapePointer(f.name)
		switch {
		case f.name != "slug" && f.name != "name":
			config.fields = append(config.fields, f)
		case f.flaw != "":
			d.blame(at, f.flaw, f.line, f.column)
		case f.name == "slug":
			m.Slug = d.text(f.value, at)
		default:
			m.Name = d.text(f.value, at)
		}
	}
	m.Config = d.config(config)
	return d.judge(m, func(pointer string) (*node, bool) {
		return n.find(strings.TrimPrefix(pointer, "/config"))
	})
}

// serverFields are set by us; a client that sends back what it got is not
// refused for having them.
func serverField(name string) bool {
	return slices.Contains([]string{
		"id", "organization_id", "created_by", "created_at", "updated_at", "updated_by", "version", "position", "etag", "built_in", "overrides",
	}, name)
}

// apiMode reads a mode as the API has it: slug, name and config.
func (d *decoder) apiMode(n *node) Mode {
	var m Mode
	for _, f := range n.fields {
		at := "/" + escapePointer(f.name)
		switch {
		case serverField(f.name):
		case f.flaw != "":
			d.blame(at, f.flaw, f.line, f.column)
		case f.name == "slug":
			m.Slug = d.text(f.value, at)
		case f.name == "name":
			m.Name = d.text(f.value, at)
		case f.name == "config":
			if f.value.kind != mapping {
				d.blame(at, cmp.Or(f.value.flaw, "config must be an object, not "+f.value.describe()), f.value.line, f.value.column)
				continue
			}
			m.Config = d.config(f.value)
		default:
			d.blame(at, "unknown field; what belongs to the mode goes into config", f.line, f.column)
		}
	}
	return d.judge(m, n.find)
}

// judge normalizes and validates, and finds where in the text to look.
func (d *decoder) judge(m Mode, find func(pointer string) (*node, bool)) Mode {
	m = m.Normalized()
	blamed := d.problems
	for _, p := range m.problems() {
		// "must be text" and "is required" for one place would be one too many.
		if slices.ContainsFunc(blamed, func(b fault.Field) bool { return overlaps(b.Pointer, p.Pointer) }) {
			continue
		}
		if len(d.problems) < maxProblems {
			at, _ := find(p.Pointer)
			p.Line, p.Column = at.line, at.column
		}
		d.problems = append(d.problems, p)
	}
	slices.SortStableFunc(d.problems, func(a, b fault.Field) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	d.problems = capped(d.problems)
	return m
}

// overlaps reports whether one pointer is the other, or around it.
func overlaps(blamed, p string) bool {
	return blamed == p || blamed == "" || p != "" &&
		(strings.HasPrefix(blamed, p+"/") || strings.HasPrefix(p, blamed+"/"))
}

// text reads a text; null is as if it weren't there.
func (d *decoder) text(n *node, pointer string) string {
	switch {
	case n.flaw != "" || n.template:
		detail := n.flaw
		if n.template {
			detail = templateProblem
		}
		d.blame(pointer, detail, n.line, n.column)
	case n.kind == text:
		return n.text
	case n.kind == number || n.kind == truth:
		d.blame(pointer, "must be text, not "+n.describe()+"; put it in quotes", n.line, n.column)
	case n.kind != null:
		d.blame(pointer, "must be text, not "+n.describe(), n.line, n.column)
	}
	return ""
}

func (d *decoder) config(n *node) Config {
	if n.kind != mapping {
		d.blame("/config", cmp.Or(n.flaw, "config must be an object, not "+n.describe()), n.line, n.column)
		return Config{}
	}
	var c Config
	for _, f := range n.fields {
		at := "/config/" + escapePointer(f.name)
		if f.flaw != "" {
			d.blame(at, f.flaw, f.line, f.column)
			continue
		}
		switch f.name {
		case "roleDefinition":
			c.RoleDefinition = d.text(f.value, at)
		case "whenToUse":
			c.WhenToUse = d.text(f.value, at)
		case "description":
			c.Description = d.text(f.value, at)
			if f.value.kind == text && strings.TrimSpace(f.value.text) == "" {
				d.notice(f.value, at, "an empty description is not kept: with one, some editors would not fall back to whenToUse")
			}
		case "customInstructions":
			c.CustomInstructions = d.text(f.value, at)
		case "permissionTemplate":
			c.PermissionTemplate = d.text(f.value, at)
		case "groups":
			c.Groups = d.groups(f.value, at)
		case "source":
			d.notice(f.value, at, "source is not kept, and needn't be: editors set it themselves, by where a file lies")
		default:
			c.Extra = d.extra(c.Extra, f, at)
		}
	}
	return c
}

// extra keeps a field that we don't know.
func (d *decoder) extra(extra map[string]any, f field, pointer string) map[string]any {
	before := len(d.problems)
	f.value.flaws(pointer, d.blame)
	if len(d.problems) > before {
		return extra
	}
	if extra == nil {
		extra = map[string]any{}
	}
	extra[f.name] = f.value.value()
	return extra
}

func (d *decoder) groups(n *node, pointer string) []Group {
	if n.kind == null {
		return nil
	}
	if n.kind != list {
		d.blame(pointer, cmp.Or(n.flaw, "groups must be a list, such as [read, edit], not "+n.describe()), n.line, n.column)
		return nil
	}
	groups := make([]Group, len(n.items))
	for i, item := range n.items {
		groups[i] = d.group(item, fmt.Sprintf("%s/%d", pointer, i))
	}
	return groups
}

func (d *decoder) group(n *node, pointer string) Group {
	switch {
	case n.flaw != "":
		d.blame(pointer, n.flaw, n.line, n.column)
	case n.kind == text:
		return Group{Name: n.text}
	case n.kind == mapping:
		d.blame(pointer, "a group is a name, or a list of two: the name, then an object with fileRegex and description; this is an object",
			n.line, n.column)
	case n.kind != list:
		d.blame(pointer, "a group is a name such as read, not "+n.describe(), n.line, n.column)
	case len(n.items) != 2:
		d.blame(pointer, tupleProblem(n), n.line, n.column)
	default:
		return Group{
			Name:        d.groupName(n.items[0], pointer+"/0"),
			Restriction: d.restriction(n.items[1], pointer+"/1"),
		}
	}
	return Group{}
}

// tupleProblem explains the most common mistake of all: a dash too many, which
// makes fileRegex and description two elements.
func tupleProblem(n *node) string {
	detail := fmt.Sprintf("a restricted group has exactly two elements, its name and one object; this has %d", len(n.items))
	objects := 0
	for _, item := range n.items {
		if item.kind == mapping {
			objects++
		}
	}
	if objects > 1 {
		detail += ": put fileRegex and description into the same object (in YAML: only one dash before them)"
	}
	return detail
}

func (d *decoder) groupName(n *node, pointer string) string {
	if n.kind != text {
		d.blame(pointer, cmp.Or(n.flaw, "the first element is the name of the group, not "+n.describe()), n.line, n.column)
		return ""
	}
	return n.text
}

func (d *decoder) restriction(n *node, pointer string) *Restriction {
	if n.kind != mapping {
		d.blame(pointer, cmp.Or(n.flaw, "the second element is an object with fileRegex and description, not "+n.describe()), n.line, n.column)
		return nil
	}
	var r Restriction
	for _, f := range n.fields {
		at := pointer + "/" + escapePointer(f.name)
		switch {
		case f.flaw != "":
			d.blame(at, f.flaw, f.line, f.column)
		case f.name == "fileRegex":
			r.FileRegex = d.text(f.value, at)
		case f.name == "description":
			r.Description = d.text(f.value, at)
		default:
			r.Extra = d.extra(r.Extra, f, at)
		}
	}
	return &r
}
