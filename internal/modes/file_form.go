package modes

import (
	"fmt"
	"strconv"
	"strings"

	"orgmodes/internal/fault"
)

// Form is one of the shapes in which people keep modes in files.
type Form string

// The forms.
const (
	// FormCustomModes is what editors write: a list below `customModes:`.
	FormCustomModes Form = "customModes"
	// FormModes and FormSnakeCase are lists below a key that editors don't know.
	FormModes     Form = "modes"
	FormSnakeCase Form = "custom_modes"
	// FormMarketplace is a list of items whose `content` is a text that holds a
	// mode, and FormMarketplaceItem is one of them.
	FormMarketplace     Form = "marketplace"
	FormMarketplaceItem Form = "marketplace_item"
	FormMode            Form = "mode"
	FormList            Form = "list"
	// FormFolder is several files together, see ReadFiles.
	FormFolder Form = "folder"
)

// formRule says how a form is recognized and where its modes are.
type formRule struct {
	form  Form
	is    func(root *node) bool
	modes func(r *fileReader, root *node) ([]placed, error)
}

// forms lists what we recognize, most telling first. Another form is another
// row.
func forms() []formRule {
	return []formRule{
		{FormCustomModes, hasField("customModes"), below("customModes")},
		{FormMode, isMode, single},
		{FormSnakeCase, hasField("custom_modes"), below("custom_modes")},
		{FormMarketplace, hasField("items"), below("items")},
		{FormModes, hasField("modes"), below("modes")},
		{FormMarketplaceItem, hasField("content"), single},
		{FormList, func(root *node) bool { return root.kind == list }, bareList},
	}
}

func hasField(name string) func(*node) bool {
	return func(root *node) bool { return root.get(name) != nil }
}

// isMode tells a mode from an object that is none, however broken it is.
func isMode(n *node) bool {
	return n.get("slug") != nil || n.get("roleDefinition") != nil
}

// isEntry tells what may stand in a list of modes from what shows that the list
// is of something else.
func isEntry(n *node) bool { return isMode(n) || n.get("content") != nil || n.template }

// placed is a mode, or what stands in its place, where it was found.
type placed struct {
	node *node
	// pointer leads to it within the file.
	pointer string
	// content is the text that holds it, where positions are those within that
	// text.
	content *node
	// problem says why there is no mode to judge.
	problem *fault.Field
}

// fileReader collects what is worth saying about a file as a whole.
type fileReader struct {
	data    []byte
	budget  *budget
	notices []Notice
	// saidOf are the notices that are given once a file.
	saidOf map[string]bool
	lines  []string
}

func (r *fileReader) notice(pointer, detail string, line, column int) {
	r.notices = append(r.notices, Notice{Pointer: pointer, Detail: detail, Line: line, Column: column})
}

func (r *fileReader) noticeOnce(about, pointer, detail string, line, column int) {
	if !r.saidOf[about] {
		r.saidOf[about] = true
		r.notice(pointer, detail, line, column)
	}
}

// modesOf finds the modes of a file, whatever its form.
func (r *fileReader) modesOf(root *node) ([]placed, Form, error) {
	for _, f := range forms() {
		if f.is(root) {
			found, err := f.modes(r, root)
			return found, f.form, err
		}
	}
	return nil, "", notAModesFile(root, "")
}

// notAModesFile says what was found instead. pointer is where.
func notAModesFile(n *node, pointer string) error {
	return fault.New(fault.Invalid, "not_a_modes_file",
		"This is not a modes file. Expected `customModes:` with a list of modes below it.").
		With(fault.Field{Pointer: pointer, Detail: "found " + foundInstead(n), Line: n.line, Column: n.column})
}

func foundInstead(n *node) string {
	switch {
	case n.template:
		return "a template placeholder in braces; put in what it stands for"
	case n.kind == text:
		line, _, _ := strings.Cut(strings.TrimSpace(n.text), "\n")
		return "plain text that begins with " + strconv.Quote(shortened(line, 40))
	case n.kind == mapping && len(n.fields) == 0:
		return "an empty object"
	case n.kind == mapping:
		var names []string
		for _, f := range n.fields {
			names = append(names, "`"+shortened(f.name, 30)+"`")
		}
		if len(names) > 5 {
			names = append(names[:5], "…")
		}
		return "an object with " + strings.Join(names, ", ")
	case n.kind == list && len(n.items) > 0:
		return "a list that begins with " + foundInstead(n.items[0])
	case n.kind == broken:
		return n.flaw
	default:
		return n.describe()
	}
}

// shortened cuts a text for a message.
func shortened(s string, length int) string {
	if runes := []rune(s); len(runes) > length {
		return string(runes[:length-1]) + "…"
	}
	return s
}

func single(r *fileReader, root *node) ([]placed, error) { return r.entry(root, "") }

func bareList(r *fileReader, root *node) ([]placed, error) {
	r.notice("", "the list of modes has no name: put `customModes:` above it if editors are to read this file too", root.line, root.column)
	return r.items(root, "")
}

// below reads a list that is a field of the file, and says what else is there.
func below(name string) func(*fileReader, *node) ([]placed, error) {
	return func(r *fileReader, root *node) ([]placed, error) {
		values, at, err := r.listBelow(root, name)
		if err != nil {
			return nil, err
		}
		if name == "modes" || name == "custom_modes" {
			r.notice("/"+name, "`"+name+"` is read as if it were `customModes`, the only name that editors know; rename it if they are to read this file too", at.line, at.column)
		}
		for _, f := range root.fields {
			if f.name != name {
				r.notice("/"+escapePointer(f.name), fmt.Sprintf("`%s` beside %s is not kept", shortened(f.name, 60), name), f.line, f.column)
			}
		}
		return r.items(values, "/"+name)
	}
}

// listBelow returns a list that is a field of the file, and where the field is.
func (r *fileReader) listBelow(root *node, name string) (*node, field, error) {
	var at field
	blame := func(detail string, line, column int) error {
		return fault.New(fault.Invalid, "not_a_modes_file", "This is not a modes file: `%s` can't be read.", name).
			With(fault.Field{Pointer: "/" + name, Detail: detail, Line: line, Column: column})
	}
	for _, f := range root.fields {
		if f.name != name {
			continue
		}
		if f.flaw != "" {
			return nil, at, blame(f.flaw, f.line, f.column)
		}
		at = f
	}
	switch n := root.get(name); {
	case n.kind == list:
		return n, at, nil
	case n.kind == null:
		r.notice("/"+name, "`"+name+"` is empty: there are no modes in this file", n.line, n.column)
		return &node{kind: list}, at, nil
	case n.flaw != "":
		return nil, at, blame(n.flaw, n.line, n.column)
	default:
		return nil, at, blame("must be a list of modes, not "+n.describe(), n.line, n.column)
	}
}

// items reads a list of modes, or of marketplace items. Below any other name
// than customModes it may be a list of something else altogether.
func (r *fileReader) items(values *node, pointer string) ([]placed, error) {
	isOurs := pointer == "/customModes" || len(values.items) == 0
	for _, item := range values.items {
		isOurs = isOurs || isEntry(item)
	}
	if !isOurs {
		return nil, notAModesFile(values, pointer)
	}
	if err := r.checkCount(len(values.items)); err != nil {
		return nil, err
	}
	var found []placed
	for i, item := range values.items {
		entries, err := r.entry(item, pointer+"/"+strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		found = append(found, entries...)
	}
	return found, r.checkCount(len(found))
}

func (r *fileReader) checkCount(count int) error {
	if count <= MaxModes {
		return nil
	}
	return fault.New(fault.TooLarge, "too_many_modes",
		"This file has %d modes; an organization can have at most %d. Split it.", count, MaxModes)
}

// entry is one mode, or those that a marketplace item holds.
func (r *fileReader) entry(n *node, pointer string) ([]placed, error) {
	if n.kind == mapping && !n.template && !isMode(n) && (n.get("content") != nil || strings.HasPrefix(pointer, "/items/")) {
		return r.marketplaceItem(n, pointer)
	}
	return []placed{{node: n, pointer: pointer}}, nil
}
