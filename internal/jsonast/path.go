package jsonast

import (
	"strconv"
	"strings"
)

// maxPointer bounds the JSON pointers that Path.String returns, in bytes. A text can have names
// as long as itself, with thousands of values below them.
const maxPointer = 1 << 10

// Path is the path of a value during a tree walk. It is only formatted on demand: a pointer for
// each value would cost the length of all enclosing names once per value.
type Path struct {
	parent *Path
	prefix string
	name   string
	index  int
}

// NewPath returns the path of a value whose JSON pointer is known.
func NewPath(pointer string) *Path { return &Path{prefix: pointer, index: -1} }

// Field returns the path of a member of the object at p.
func (p *Path) Field(name string) Path { return Path{parent: p, name: name, index: -1} }

// Item returns the path of an item of the list at p.
func (p *Path) Item(i int) Path { return Path{parent: p, index: i} }

// String returns the path as a JSON pointer (RFC 6901). If that is longer than 1 KiB, it
// returns the pointer of the closest ancestor with a shorter one.
func (p *Path) String() string {
	var steps []*Path
	root := p
	for ; root.parent != nil; root = root.parent {
		steps = append(steps, root)
	}
	var b strings.Builder
	b.WriteString(root.prefix)
	for i := len(steps) - 1; i >= 0; i-- {
		s := steps[i]
		if s.index >= 0 {
			b.WriteByte('/')
			b.WriteString(strconv.Itoa(s.index))
			continue
		}
		if len(s.name) > maxPointer || b.Len()+len(s.name) > maxPointer {
			break
		}
		b.WriteString(EscapeToken(s.name))
	}
	return b.String()
}
