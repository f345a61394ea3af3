package jsonast

import (
	"encoding/json"
	"strconv"
)

// Kind is the kind of a value.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota
	Truth
	Number
	Text
	List
	Object
	Broken // a value without a JSON representation; Flaw has the reason
)

// Node is a value with its source position.
type Node struct {
	Kind  Kind
	Truth bool
	// Text is the content of a Text, and the canonical form of a Number.
	Text   string
	Items  []*Node
	Fields []Field
	// Flaw is the reason why this value can't be stored, if any.
	Flaw string
	// Style is | or > for the text of a YAML block scalar.
	Style byte
	// Template marks YAML's interpretation of {{name}}: an object with an object as a key.
	Template bool
	// Line and Column start at 1. Columns count characters.
	Line, Column int
}

// Field is one member of an object.
type Field struct {
	Name         string
	Value        *Node
	Flaw         string // why this member can't be stored, if any
	Line, Column int
}

// Get returns the value of a member of an object, or nil.
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

// Value returns the node as a plain JSON value. Broken values are nil; Flaws reports them.
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

// Describe describes the value for messages such as "must be text, not a list".
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

// Flaws calls blame for every flaw of n and of the values below it. at is the path of n.
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
