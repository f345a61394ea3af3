package modes

import (
	"fmt"
	"strconv"
	"strings"

	"orgmodes/internal/fault"
	"orgmodes/internal/humanize"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
)

// Form is a file format of modes.
type Form string

// The forms.
const (
	// FormCustomModes is the format of editors: a list below `customModes:`.
	FormCustomModes Form = "customModes"
	// FormModes and FormSnakeCase are lists below keys that editors don't know.
	FormModes     Form = "modes"
	FormSnakeCase Form = "custom_modes"
	// FormMarketplace is a list of items whose `content` is a text with a mode.
	// FormMarketplaceItem is one such item.
	FormMarketplace     Form = "marketplace"
	FormMarketplaceItem Form = "marketplace_item"
	FormMode            Form = "mode"
	FormList            Form = "list"
	// FormFolder stands for several files, see ReadFiles.
	FormFolder Form = "folder"
)

// formRule recognizes a form and finds its modes.
type formRule struct {
	form    Form
	matches func(root *jsonast.Node) bool
	modes   func(r *fileReader, root *jsonast.Node) ([]located, error)
}

// forms returns the recognized forms, the most specific first. To add a form, add a row.
func forms() []formRule {
	return []formRule{
		{FormCustomModes, hasField("customModes"), listReader("customModes")},
		{FormMode, isMode, single},
		{FormSnakeCase, hasField("custom_modes"), listReader("custom_modes")},
		{FormMarketplace, hasField("items"), listReader("items")},
		{FormModes, hasField("modes"), listReader("modes")},
		{FormMarketplaceItem, hasField("content"), single},
		{FormList, func(root *jsonast.Node) bool { return root.Kind == jsonast.Array }, bareList},
	}
}

func hasField(name string) func(*jsonast.Node) bool {
	return func(root *jsonast.Node) bool { return root.Get(name) != nil }
}

// isMode reports whether an object is meant to be a mode, however broken it is.
func isMode(n *jsonast.Node) bool {
	return n.Get("slug") != nil || n.Get("roleDefinition") != nil
}

// isEntry reports whether n can be an item of a list of modes. Other items show that the list
// is about something else.
func isEntry(n *jsonast.Node) bool { return isMode(n) || n.Get("content") != nil || n.IsPlaceholder }

// located is a mode, or an invalid entry, with its location in the file.
type located struct {
	node *jsonast.Node
	// pointer is the entry's pointer within the file.
	pointer string
	// content is the text that holds the mode, if positions are relative to that text.
	content *jsonast.Node
	// problem explains why there is no mode to validate.
	problem *fault.Field
}

// fileReader collects notices about a file as a whole.
type fileReader struct {
	data    []byte
	budget  *jsonast.Budget
	notices []resource.Notice
	// noticed records the notices that are given once per file.
	noticed map[string]bool
	lines   []string
}

func (r *fileReader) notice(pointer, detail string, line, column int) {
	r.notices = append(r.notices, resource.Notice{Pointer: pointer, Detail: detail, Line: line, Column: column})
}

func (r *fileReader) noticeOnce(about, pointer, detail string, line, column int) {
	if !r.noticed[about] {
		r.noticed[about] = true
		r.notice(pointer, detail, line, column)
	}
}

// findModes finds the modes of a file in any form.
func (r *fileReader) findModes(root *jsonast.Node) ([]located, Form, error) {
	for _, f := range forms() {
		if f.matches(root) {
			found, err := f.modes(r, root)
			return found, f.form, err
		}
	}
	return nil, "", notAModesFile(root, "")
}

// notAModesFile returns an error with a description of n. pointer is the position of n.
func notAModesFile(n *jsonast.Node, pointer string) error {
	return fault.New(fault.Invalid, "not_a_modes_file",
		"This is not a modes file. Expected `customModes:` with a list of modes below it.").
		With(fault.Field{Pointer: pointer, Detail: "found " + describeFound(n), Line: n.Line, Column: n.Column})
}

func describeFound(n *jsonast.Node) string {
	switch {
	case n.IsPlaceholder:
		return "a template placeholder in braces; replace it with a value"
	case n.Kind == jsonast.String:
		line, _, _ := strings.Cut(strings.TrimSpace(n.Text), "\n")
		return "plain text that begins with " + strconv.Quote(humanize.Truncate(line, 40))
	case n.Kind == jsonast.Object && len(n.Fields) == 0:
		return "an empty object"
	case n.Kind == jsonast.Object:
		var names []string
		for _, f := range n.Fields {
			names = append(names, "`"+humanize.Truncate(f.Name, 30)+"`")
		}
		if len(names) > 5 {
			names = append(names[:5], "…")
		}
		return "an object with " + strings.Join(names, ", ")
	case n.Kind == jsonast.Array && len(n.Items) > 0:
		return "a list that begins with " + describeFound(n.Items[0])
	case n.Kind == jsonast.Invalid:
		return n.Problem
	default:
		return n.Describe()
	}
}

func single(r *fileReader, root *jsonast.Node) ([]located, error) { return r.entry(root, "") }

func bareList(r *fileReader, root *jsonast.Node) ([]located, error) {
	r.notice("", "the list of modes has no name: put `customModes:` above it if editors are to read this file too", root.Line, root.Column)
	return r.items(root, "")
}

// listReader returns a reader for the list in the field name of the file. It adds notices about
// other fields.
func listReader(name string) func(*fileReader, *jsonast.Node) ([]located, error) {
	return func(r *fileReader, root *jsonast.Node) ([]located, error) {
		values, at, err := r.listField(root, name)
		if err != nil {
			return nil, err
		}
		if name == "modes" || name == "custom_modes" {
			r.notice("/"+name, "`"+name+"` is read as if it were `customModes`, the only name that editors know; rename it if they are to read this file too", at.Line, at.Column)
		}
		for _, f := range root.Fields {
			if f.Name != name {
				r.notice(jsonast.EscapeToken(f.Name), fmt.Sprintf("`%s` beside %s is not kept", humanize.Truncate(f.Name, 60), name), f.Line, f.Column)
			}
		}
		return r.items(values, "/"+name)
	}
}

// listField returns the list in a field of the file, and the field.
func (r *fileReader) listField(root *jsonast.Node, name string) (*jsonast.Node, jsonast.Field, error) {
	var at jsonast.Field
	listError := func(detail string, line, column int) error {
		return fault.New(fault.Invalid, "not_a_modes_file", "This is not a modes file: `%s` can't be read.", name).
			With(fault.Field{Pointer: "/" + name, Detail: detail, Line: line, Column: column})
	}
	for _, f := range root.Fields {
		if f.Name != name {
			continue
		}
		if f.Problem != "" {
			return nil, at, listError(f.Problem, f.Line, f.Column)
		}
		at = f
	}
	switch n := root.Get(name); {
	case n.Kind == jsonast.Array:
		return n, at, nil
	case n.Kind == jsonast.Null:
		r.notice("/"+name, "`"+name+"` is empty: there are no modes in this file", n.Line, n.Column)
		return &jsonast.Node{Kind: jsonast.Array}, at, nil
	case n.Problem != "":
		return nil, at, listError(n.Problem, n.Line, n.Column)
	default:
		return nil, at, listError("must be a list of modes, not "+n.Describe(), n.Line, n.Column)
	}
}

// items reads a list of modes or of marketplace items. Under a name other than customModes it
// can be an unrelated list.
func (r *fileReader) items(values *jsonast.Node, pointer string) ([]located, error) {
	isModes := pointer == "/customModes" || len(values.Items) == 0
	for _, item := range values.Items {
		isModes = isModes || isEntry(item)
	}
	if !isModes {
		return nil, notAModesFile(values, pointer)
	}
	if err := r.checkCount(len(values.Items)); err != nil {
		return nil, err
	}
	var found []located
	for i, item := range values.Items {
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

// entry returns one mode, or the modes of a marketplace item.
func (r *fileReader) entry(n *jsonast.Node, pointer string) ([]located, error) {
	if n.Kind == jsonast.Object && !n.IsPlaceholder && !isMode(n) && (n.Get("content") != nil || strings.HasPrefix(pointer, "/items/")) {
		return r.marketplaceItem(n, pointer)
	}
	return []located{{node: n, pointer: pointer}}, nil
}
