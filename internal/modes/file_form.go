package modes

import (
	"fmt"
	"strconv"
	"strings"

	"orgmodes/internal/fault"
)

// form is one of the shapes in which people keep modes in files.
type form struct {
	// found says what a file of this form is, after "This is".
	found string
	is    func(root *node) bool
	// modes returns the modes of such a file; nil for a form that we know but
	// don't read, with fix saying what to do.
	modes func(r *fileReader, root *node) ([]*node, error)
	fix   string
}

// forms lists what we recognize, most telling first. Another form is another
// row.
func forms() []form {
	return []form{
		{found: "a `customModes:` file", is: hasField("customModes"), modes: customModes},
		{
			found: "a list of modes below `modes:`", is: hasField("modes"),
			fix: "Rename `modes:` to `customModes:`.",
		},
		{
			found: "a list of modes below `custom_modes:`", is: hasField("custom_modes"),
			fix: "Rename `custom_modes:` to `customModes:`.",
		},
		{
			found: "a marketplace file with `items:`", is: hasField("items"),
			fix: "Put the `content` of each item into a list below `customModes:`.",
		},
		{
			found: "a single marketplace item", is: hasField("content"),
			fix: "Put its `content` into a list below `customModes:`.",
		},
		{
			found: "a single mode", is: hasField("slug"),
			fix: "Put it into a list below `customModes:`.",
		},
		{
			found: "a bare list", is: func(root *node) bool { return root.kind == list },
			fix: "Put `customModes:` above it.",
		},
	}
}

func hasField(name string) func(*node) bool {
	return func(root *node) bool { return root.get(name) != nil }
}

// fileReader collects what is worth saying about a file as a whole.
type fileReader struct{ notices []Notice }

// modesOf finds the modes of a file, whatever its form.
func (r *fileReader) modesOf(root *node) ([]*node, error) {
	for _, f := range forms() {
		if !f.is(root) {
			continue
		}
		if f.modes != nil {
			return f.modes(r, root)
		}
		return nil, fault.New(fault.Invalid, "unsupported_form", "This is %s; expected `customModes:` with a list of modes below it. %s", f.found, f.fix).
			With(fault.Field{Detail: "found " + f.found, Line: root.line, Column: root.column})
	}
	return nil, notAModesFile(root)
}

func notAModesFile(root *node) error {
	found := root.describe()
	switch root.kind {
	case text:
		line, _, _ := strings.Cut(strings.TrimSpace(root.text), "\n")
		found = "plain text that begins with " + strconv.Quote(shortened(line, 40))
	case mapping:
		var names []string
		for _, f := range root.fields {
			names = append(names, "`"+shortened(f.name, 30)+"`")
		}
		if len(names) > 5 {
			names = append(names[:5], "…")
		}
		found = "an object with " + strings.Join(names, ", ")
		if len(names) == 0 {
			found = "an empty object"
		}
	case broken:
		found = root.flaw
	}
	return fault.New(fault.Invalid, "not_a_modes_file",
		"This is not a modes file. Expected `customModes:` with a list of modes below it.").
		With(fault.Field{Detail: "found " + found, Line: root.line, Column: root.column})
}

// shortened cuts a text for a message.
func shortened(s string, length int) string {
	if runes := []rune(s); len(runes) > length {
		return string(runes[:length-1]) + "…"
	}
	return s
}

func customModes(r *fileReader, root *node) ([]*node, error) {
	modes, err := r.listBelow(root, "customModes")
	if err != nil {
		return nil, err
	}
	for _, f := range root.fields {
		if f.name != "customModes" {
			r.notices = append(r.notices, Notice{
				Pointer: "/" + escapePointer(f.name),
				Detail:  fmt.Sprintf("`%s` beside customModes is not kept", shortened(f.name, 60)),
				Line:    f.line, Column: f.column,
			})
		}
	}
	return modes, nil
}

// listBelow returns the items of a list that is a field of the file.
func (r *fileReader) listBelow(root *node, name string) ([]*node, error) {
	blame := func(detail string, line, column int) error {
		return fault.New(fault.Invalid, "not_a_modes_file", "This is not a modes file: `%s` can't be read.", name).
			With(fault.Field{Pointer: "/" + name, Detail: detail, Line: line, Column: column})
	}
	for _, f := range root.fields {
		if f.name == name && f.flaw != "" {
			return nil, blame(f.flaw, f.line, f.column)
		}
	}
	switch n := root.get(name); {
	case n.kind == list:
		return n.items, nil
	case n.kind == null:
		r.notices = append(r.notices, Notice{
			Pointer: "/" + name, Detail: "`" + name + "` is empty: there are no modes in this file", Line: n.line, Column: n.column,
		})
		return nil, nil
	case n.flaw != "":
		return nil, blame(n.flaw, n.line, n.column)
	default:
		return nil, blame("must be a list of modes, not "+n.describe(), n.line, n.column)
	}
}
