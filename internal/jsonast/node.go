package jsonast

import (
	"encoding/json"
	"strconv"
)

// Kind is what a value is.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota
	Truth
	Number
	Text
	List
	Object
	Broken // a value that JSON has no shape for; Flaw says why
)

// Node is a value that remembers where it was written.
type Node struct {
	Kind  Kind
	Truth bool
	// Text is that of a Text; of a Number, its canonical form.
	Text   string
	Items  []*Node
	Fields []Field
	// Flaw says why this value can't be kept.
	Flaw string
	// Style is | or > for a text that YAML has as a block of lines.
	Style byte
	// Template marks what YAML makes of {{name}}: an object with an object for a
	// key.
	Template bool
	// Line and Column count from 1, columns in characters.
	Line, Column int
}

// Field is one member of an object.
type Field struct {
	Name         string
	Value        *Node
	Flaw         string // why this member can't be kept
	Line, Column int
}

// Get returns a member of an object, or nil.
func (n *Node) Get(name string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.Fields {
		if n.Fields[i].Name == name {
			return n.Fields[i].Value
		}
	}
	return nil
}

// Value is the node in JSON shapes. Broken ones are nil: they are refused by
// Flaws.
func (n *Node) Value() any {
	switch n.Kind {
	case Truth:
		return n.Truth
	case Number:
		return json.Number(n.Text)
	case Text:
		return n.Text
	case List:
		values := make([]any, len(n.Items))
		for i, item := range n.Items {
			values[i] = item.Value()
		}
		return values
	case Object:
		values := make(map[string]any, len(n.Fields))
		for _, f := range n.Fields {
			if f.Flaw == "" {
				values[f.Name] = f.Value.Value()
			}
		}
		return values
	default:
		return nil
	}
}

// Describe names what was found, for "must be text, not a list".
func (n *Node) Describe() string {
	switch n.Kind {
	case Truth:
		return strconv.FormatBool(n.Truth)
	case Number:
		return "the number " + n.Text
	case Text:
		return "text"
	case List:
		return "a list"
	case Object:
		return "an object"
	case Broken:
		return "something unreadable"
	default:
		return "null"
	}
}

// Flaws calls blame for everything below n that can't be kept. at leads to n.
func (n *Node) Flaws(at *Path, blame func(at *Path, detail string, line, column int)) {
	if n.Flaw != "" {
		blame(at, n.Flaw, n.Line, n.Column)
	}
	for i, item := range n.Items {
		below := at.Item(i)
		item.Flaws(&below, blame)
	}
	for _, f := range n.Fields {
		below := at.Field(f.Name)
		if f.Flaw != "" {
			blame(&below, f.Flaw, f.Line, f.Column)
			continue
		}
		f.Value.Flaws(&below, blame)
	}
}
