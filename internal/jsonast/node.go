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
	Bool
	Number
	String
	Array
	Object
	Invalid // a value without a JSON representation; Problem has the reason
)

// Node is a value with its source position.
type Node struct {
	Kind Kind
	Bool bool
	// Text is the content of a String, and the canonical form of a Number.
	Text   string
	Items  []*Node
	Fields []Field
	// Problem is the reason why this value can't be stored, if any.
	Problem string
	// Style is | or > for the text of a YAML block scalar.
	Style byte
	// IsPlaceholder marks YAML's interpretation of {{name}}: an object with an object as a key.
	IsPlaceholder bool
	// Line and Column start at 1. Columns count characters.
	Line, Column int
}

// Field is one member of an object.
type Field struct {
	Name         string
	Value        *Node
	Problem      string // why this member can't be stored, if any
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

// Value returns the node as a plain JSON value. Invalid values are nil; Problems reports them.
func (n *Node) Value() any {
	switch n.Kind {
	case Bool:
		return n.Bool
	case Number:
		return json.Number(n.Text)
	case String:
		return n.Text
	case Array:
		values := make([]any, len(n.Items))
		for i, item := range n.Items {
			values[i] = item.Value()
		}
		return values
	case Object:
		values := make(map[string]any, len(n.Fields))
		for _, f := range n.Fields {
			if f.Problem == "" {
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
	case Bool:
		return strconv.FormatBool(n.Bool)
	case Number:
		return "the number " + n.Text
	case String:
		return "text"
	case Array:
		return "a list"
	case Object:
		return "an object"
	case Invalid:
		return "something unreadable"
	default:
		return "null"
	}
}

// Problems calls report for every problem of n and of the values below it. at is the path of n.
func (n *Node) Problems(at *Path, report func(at *Path, detail string, line, column int)) {
	if n.Problem != "" {
		report(at, n.Problem, n.Line, n.Column)
	}
	for i, item := range n.Items {
		child := at.Item(i)
		item.Problems(&child, report)
	}
	for _, f := range n.Fields {
		child := at.Field(f.Name)
		if f.Problem != "" {
			report(&child, f.Problem, f.Line, f.Column)
			continue
		}
		f.Value.Problems(&child, report)
	}
}
