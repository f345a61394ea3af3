package modes

import (
	"encoding/json"
	"strconv"
	"strings"

	"orgmodes/internal/fault"
)

const (
	// maxNesting bounds the recursion of our readers, far beyond MaxDepth, so
	// that what is merely too deep can be blamed on the mode that has it.
	maxNesting = 512
	// maxNodes bounds the values of one file, after aliases are followed.
	maxNodes = 250_000
)

type kind uint8

const (
	null kind = iota
	truth
	number
	text
	list
	mapping
	broken // a value that JSON has no shape for; flaw says why
)

// node is a value that remembers where it was written: what both YAML and JSON
// are read into.
type node struct {
	kind   kind
	truth  bool
	text   string // of a text; of a number, its canonical form
	items  []*node
	fields []field
	// flaw says why this value can't be kept.
	flaw string
	// style is | or > for a text that YAML has as a block of lines.
	style byte
	// template marks what YAML makes of {{name}}: a mapping with a mapping for
	// a key.
	template     bool
	line, column int
}

// field is one member of a mapping.
type field struct {
	name         string
	value        *node
	flaw         string // why this member can't be kept
	line, column int
}

// get returns a member of a mapping, or nil.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for i := range n.fields {
		if n.fields[i].name == name {
			return n.fields[i].value
		}
	}
	return nil
}

// value is the node in JSON shapes. Broken ones are nil: they are refused by
// flaws.
func (n *node) value() any {
	switch n.kind {
	case truth:
		return n.truth
	case number:
		return json.Number(n.text)
	case text:
		return n.text
	case list:
		values := make([]any, len(n.items))
		for i, item := range n.items {
			values[i] = item.value()
		}
		return values
	case mapping:
		values := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			if f.flaw == "" {
				values[f.name] = f.value.value()
			}
		}
		return values
	default:
		return nil
	}
}

// describe names what was found, for "must be text, not a list".
func (n *node) describe() string {
	switch n.kind {
	case truth:
		return strconv.FormatBool(n.truth)
	case number:
		return "the number " + n.text
	case text:
		return "text"
	case list:
		return "a list"
	case mapping:
		return "an object"
	case broken:
		return "something unreadable"
	default:
		return "null"
	}
}

// flaws calls blame for everything below n that can't be kept.
func (n *node) flaws(pointer string, blame func(pointer, detail string, line, column int)) {
	if n.flaw != "" {
		blame(pointer, n.flaw, n.line, n.column)
	}
	for i, item := range n.items {
		item.flaws(pointer+"/"+strconv.Itoa(i), blame)
	}
	for _, f := range n.fields {
		at := pointer + "/" + escapePointer(f.name)
		if f.flaw != "" {
			blame(at, f.flaw, f.line, f.column)
			continue
		}
		f.value.flaws(at, blame)
	}
}

// find returns the node at a pointer, or the closest one around it, and whether
// it is the very one.
func (n *node) find(pointer string) (*node, bool) {
	if pointer == "" {
		return n, true
	}
	for step := range strings.SplitSeq(pointer[1:], "/") {
		var next *node
		switch n.kind {
		case mapping:
			next = n.get(unescapePointer(step))
		case list:
			if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.items) {
				next = n.items[i]
			}
		}
		if next == nil {
			return n, false
		}
		n = next
	}
	return n, true
}

// escapePointer makes a field name a step of a JSON pointer (RFC 6901). A
// strings.Replacer would build tables of 6 KiB for each name.
func escapePointer(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

func unescapePointer(step string) string {
	return strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
}

// budget bounds what one file may become in memory.
type budget struct{ nodes, text, marks int }

func newBudget() *budget {
	return &budget{nodes: maxNodes, text: MaxUploadBytes, marks: maxYAMLMarks}
}

// spendMarks pays for what yaml.v3 is about to build.
func (b *budget) spendMarks(marks int) error {
	b.marks -= marks
	if b.marks >= 0 {
		return nil
	}
	return fault.New(fault.TooLarge, "too_many_values",
		"This file seems to hold %d values: more than %d modes ever need.", maxYAMLMarks-b.marks, MaxModes)
}

// spend pays for values and for text; a *fault.Error when nothing is left.
func (b *budget) spend(nodes, textBytes int) error {
	b.nodes -= nodes
	b.text -= textBytes
	switch {
	case b.nodes < 0:
		return fault.New(fault.TooLarge, "too_many_values",
			"This file holds more than %d values, aliases followed: more than %d modes ever need.", maxNodes, MaxModes)
	case b.text < 0:
		return fault.New(fault.TooLarge, "too_much_text",
			"With its aliases followed, this file holds more than %s of text.", bytesInWords(MaxUploadBytes))
	}
	return nil
}

// tooDeep is the error where even skipping would be dangerous.
func tooDeep(line, column int) error {
	return fault.New(fault.Invalid, "too_deep", "This file is nested too deeply to be read.").
		With(fault.Field{Detail: "nested deeper than " + strconv.Itoa(maxNesting) + " levels", Line: line, Column: column})
}

// duplicate blames a name that its mapping has already.
func duplicate(name string, firstLine int) string {
	return "the field " + strconv.Quote(name) + " is here twice (first on line " + strconv.Itoa(firstLine) + "); keep one"
}
