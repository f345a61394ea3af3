package modes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
)

const (
	// maxProblems bounds the problems that are reported for one mode.
	maxProblems = 50
	// maxCollected bounds the problems that are collected before sorting by position. Each is
	// compared with all others.
	maxCollected = 2 * maxProblems
)

const placeholderProblem = "this is a template placeholder in braces; replace it with a value"

// decoder converts nodes to modes. It collects the problems instead of stopping at the first.
type decoder struct {
	problems []fault.Field
	// more counts the problems beyond maxCollected.
	more    int
	notices []resource.Notice
}

func (d *decoder) addProblem(pointer, detail string, line, column int) {
	if len(d.problems) >= maxCollected {
		d.more++
		return
	}
	d.problems = append(d.problems, fault.Field{Pointer: pointer, Detail: detail, Line: line, Column: column})
}

// addProblemAt is addProblem for a path that is formatted only if the problem is recorded.
func (d *decoder) addProblemAt(at *jsonast.Path, detail string, line, column int) {
	if len(d.problems) >= maxCollected {
		d.more++
		return
	}
	d.addProblem(at.String(), detail, line, column)
}

// problemCount counts all problems so far, including those not recorded.
func (d *decoder) problemCount() int { return len(d.problems) + d.more }

func (d *decoder) notice(n *jsonast.Node, pointer, detail string) {
	d.notices = append(d.notices, resource.Notice{Pointer: pointer, Detail: detail, Line: n.Line, Column: n.Column})
}

// err returns an error with the problems so far, if any.
func (d *decoder) err() error {
	if len(d.problems) == 0 {
		return nil
	}
	return invalidMode(d.problems, d.more)
}

func invalidMode(problems []fault.Field, more int) error {
	return fault.New(fault.Invalid, "invalid_mode", "This mode is invalid.").With(capProblems(problems, more)...)
}

// capProblems returns the first problems, followed by a summary of how many more there are. more
// counts problems that weren't collected.
func capProblems(problems []fault.Field, more int) []fault.Field {
	if len(problems)+more <= maxProblems+1 {
		return problems
	}
	rest := fault.Field{Detail: fmt.Sprintf("and %d more problems", len(problems)+more-maxProblems)}
	return append(problems[:maxProblems:maxProblems], rest)
}

// flatMode decodes and validates a mode in the file format, with everything on one level.
// Pointers of problems refer to the API's format, which has a separate config object.
func (d *decoder) flatMode(n *jsonast.Node) Mode {
	if n.IsPlaceholder {
		d.addProblem("", placeholderProblem, n.Line, n.Column)
		return Mode{}
	}
	if n.Kind != jsonast.Object {
		d.addProblem("", cmp.Or(n.Problem, "a mode is an object with slug, name, roleDefinition and groups; this is "+n.Describe()), n.Line, n.Column)
		return Mode{}
	}
	var m Mode
	for _, f := range n.Fields {
		switch {
		case f.Name != "slug" && f.Name != "name":
			d.configField(&m.Config, f, len(n.Fields))
		case f.Problem != "":
			d.addProblem(jsonast.EscapeToken(f.Name), f.Problem, f.Line, f.Column)
		case f.Name == "slug":
			m.Slug = d.text(f.Value, "/slug")
		default:
			m.Name = d.text(f.Value, "/name")
		}
	}
	return d.finish(m, func(pointer string) (*jsonast.Node, bool) {
		return n.Find(strings.TrimPrefix(pointer, "/config"))
	})
}

// isServerField reports whether the server sets this field. Input that includes such fields is
// accepted, so that a response can be sent back.
func isServerField(name string) bool {
	return slices.Contains([]string{
		"id", "organization_id", "created_by", "created_at", "updated_at", "updated_by", "version", "position", "etag", "built_in", "overrides", "actions",
	}, name)
}

// apiMode decodes a mode in the API's format: slug, name and config.
func (d *decoder) apiMode(n *jsonast.Node) Mode {
	var m Mode
	for _, f := range n.Fields {
		at := jsonast.EscapeToken(f.Name)
		switch {
		case isServerField(f.Name):
		case f.Problem != "":
			d.addProblem(at, f.Problem, f.Line, f.Column)
		case f.Name == "slug":
			m.Slug = d.text(f.Value, at)
		case f.Name == "name":
			m.Name = d.text(f.Value, at)
		case f.Name == "config":
			if f.Value.Kind != jsonast.Object {
				d.addProblem(at, cmp.Or(f.Value.Problem, "config must be an object, not "+f.Value.Describe()), f.Value.Line, f.Value.Column)
				continue
			}
			m.Config = d.config(f.Value)
		default:
			d.addProblem(at, "unknown field; what belongs to the mode goes into config", f.Line, f.Column)
		}
	}
	return d.finish(m, n.Find)
}

// finish normalizes and validates m. find returns the node for a pointer.
func (d *decoder) finish(m Mode, find func(pointer string) (*jsonast.Node, bool)) Mode {
	m = m.normalized(decodedExtra)
	decodeProblems := d.problems
	found, more := m.problems()
	for _, p := range found {
		// Don't report both "must be text" and "is required" for the same field. Problems of
		// the mode as a whole, such as its size, are always reported.
		if slices.ContainsFunc(decodeProblems, func(b fault.Field) bool { return p.Pointer != "" && jsonast.Overlap(b.Pointer, p.Pointer) }) {
			continue
		}
		if len(d.problems) < maxProblems {
			at, _ := find(p.Pointer)
			p.Line, p.Column = at.Line, at.Column
		}
		d.problems = append(d.problems, p)
	}
	slices.SortStableFunc(d.problems, func(a, b fault.Field) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	d.problems, d.more = capProblems(d.problems, d.more+more), 0
	return m
}

// text decodes a string. Null counts as an absent field.
func (d *decoder) text(n *jsonast.Node, pointer string) string {
	switch {
	case n.Problem != "" || n.IsPlaceholder:
		detail := n.Problem
		if n.IsPlaceholder {
			detail = placeholderProblem
		}
		d.addProblem(pointer, detail, n.Line, n.Column)
	case n.Kind == jsonast.String:
		return n.Text
	case n.Kind == jsonast.Number || n.Kind == jsonast.Bool:
		d.addProblem(pointer, "must be text, not "+n.Describe()+"; put it in quotes", n.Line, n.Column)
	case n.Kind != jsonast.Null:
		d.addProblem(pointer, "must be text, not "+n.Describe(), n.Line, n.Column)
	}
	return ""
}

func (d *decoder) config(n *jsonast.Node) Config {
	if n.Kind != jsonast.Object {
		d.addProblem("/config", cmp.Or(n.Problem, "config must be an object, not "+n.Describe()), n.Line, n.Column)
		return Config{}
	}
	var c Config
	for _, f := range n.Fields {
		d.configField(&c, f, len(n.Fields))
	}
	return c
}

// configField decodes one field of a configuration that has up to count fields.
func (d *decoder) configField(c *Config, f jsonast.Field, count int) {
	at := func() string { return "/config" + jsonast.EscapeToken(f.Name) }
	if f.Problem != "" {
		d.addProblem(at(), f.Problem, f.Line, f.Column)
		return
	}
	switch f.Name {
	case "roleDefinition":
		c.RoleDefinition = d.text(f.Value, at())
	case "whenToUse":
		c.WhenToUse = d.text(f.Value, at())
	case "description":
		c.Description = d.text(f.Value, at())
		if f.Value.Kind == jsonast.String && strings.TrimSpace(f.Value.Text) == "" {
			d.notice(f.Value, at(), "an empty description is not stored: with one, some editors would not fall back to whenToUse")
		}
	case "customInstructions":
		c.CustomInstructions = d.text(f.Value, at())
	case "permissionTemplate":
		c.PermissionTemplate = d.text(f.Value, at())
	case "groups":
		c.Groups = d.groups(f.Value, at())
	case "source":
		d.notice(f.Value, at(), "source is not stored: editors set it themselves, by the location of the file")
	default:
		c.Extra = d.extra(c.Extra, f, "/config", count)
	}
}

// extra records an unknown field, unless it is null. The object at pointer has up to count
// fields.
func (d *decoder) extra(extra map[string]any, f jsonast.Field, pointer string, count int) map[string]any {
	before, parent := d.problemCount(), jsonast.NewPath(pointer)
	at := parent.Field(f.Name)
	f.Value.Problems(&at, d.addProblemAt)
	if d.problemCount() > before || f.Value.Kind == jsonast.Null {
		return extra
	}
	if extra == nil {
		extra = make(map[string]any, count)
	}
	extra[f.Name] = f.Value.Value()
	return extra
}

// maxGroups bounds the groups that are checked one by one.
const maxGroups = 200

func (d *decoder) groups(n *jsonast.Node, pointer string) []Group {
	if n.Kind == jsonast.Null {
		return nil
	}
	if n.Kind != jsonast.Array {
		d.addProblem(pointer, cmp.Or(n.Problem, "groups must be a list, such as [read, edit], not "+n.Describe()), n.Line, n.Column)
		return nil
	}
	if len(n.Items) > maxGroups {
		d.addProblem(pointer, fmt.Sprintf("groups has %d entries; there are %d groups, and each can be listed only once", len(n.Items), len(GroupNames())), n.Line, n.Column)
		return []Group{}
	}
	groups := make([]Group, len(n.Items))
	for i, item := range n.Items {
		groups[i] = d.group(item, fmt.Sprintf("%s/%d", pointer, i))
	}
	return groups
}

func (d *decoder) group(n *jsonast.Node, pointer string) Group {
	switch {
	case n.Problem != "":
		d.addProblem(pointer, n.Problem, n.Line, n.Column)
	case n.Kind == jsonast.String:
		return Group{Name: n.Text}
	case n.Kind == jsonast.Object:
		d.addProblem(pointer, "a group is a name, or a list of two: the name, then an object with fileRegex and description; this is an object",
			n.Line, n.Column)
	case n.Kind != jsonast.Array:
		d.addProblem(pointer, "a group is a name such as read, not "+n.Describe(), n.Line, n.Column)
	case len(n.Items) != 2:
		d.addProblem(pointer, tupleProblem(n), n.Line, n.Column)
	default:
		return Group{
			Name:        d.groupName(n.Items[0], pointer+"/0"),
			Restriction: d.restriction(n.Items[1], pointer+"/1"),
		}
	}
	return Group{}
}

// tupleProblem explains the most common mistake: a superfluous dash in YAML, which turns
// fileRegex and description into two elements.
func tupleProblem(n *jsonast.Node) string {
	detail := fmt.Sprintf("a restricted group has exactly two elements, its name and one object; this has %d", len(n.Items))
	objects := 0
	for _, item := range n.Items {
		if item.Kind == jsonast.Object {
			objects++
		}
	}
	if objects > 1 {
		detail += ": put fileRegex and description into the same object (in YAML: only one dash before them)"
	}
	return detail
}

func (d *decoder) groupName(n *jsonast.Node, pointer string) string {
	if n.Kind != jsonast.String {
		d.addProblem(pointer, cmp.Or(n.Problem, "the first element is the name of the group, not "+n.Describe()), n.Line, n.Column)
		return ""
	}
	return n.Text
}

func (d *decoder) restriction(n *jsonast.Node, pointer string) *Restriction {
	if n.Kind != jsonast.Object {
		d.addProblem(pointer, cmp.Or(n.Problem, "the second element is an object with fileRegex and description, not "+n.Describe()), n.Line, n.Column)
		return nil
	}
	var r Restriction
	for _, f := range n.Fields {
		at := pointer + jsonast.EscapeToken(f.Name)
		switch {
		case f.Problem != "":
			d.addProblem(at, f.Problem, f.Line, f.Column)
		case f.Name == "fileRegex":
			r.FileRegex = d.text(f.Value, at)
		case f.Name == "description":
			r.Description = d.text(f.Value, at)
		default:
			r.Extra = d.extra(r.Extra, f, pointer, len(n.Fields))
		}
	}
	return &r
}
