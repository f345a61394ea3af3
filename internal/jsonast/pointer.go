package jsonast

import (
	"strconv"
	"strings"
)

// EscapeToken returns the JSON pointer (RFC 6901) segment for a field: "/a~1b". A
// strings.Replacer would allocate tables of 6 KiB per name.
func EscapeToken(name string) string {
	return "/" + strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

// Find returns the node at a pointer, or else its closest existing ancestor. The result reports
// whether the node is at the pointer itself.
func (n *Node) Find(pointer string) (*Node, bool) {
	if pointer == "" {
		return n, true
	}
	for step := range strings.SplitSeq(pointer[1:], "/") {
		var next *Node
		switch n.Kind {
		case Object:
			next = n.Get(strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~"))
		case Array:
			if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Items) {
				next = n.Items[i]
			}
		}
		if next == nil {
			return n, false
		}
		n = next
	}
	return n, true
}

// Position returns the text position of the node at a pointer, or of its closest existing
// ancestor.
func (n *Node) Position(pointer string) (line, column int) {
	at, _ := n.Find(pointer)
	return at.Line, at.Column
}

// Overlap reports whether the pointers are equal or one contains the other.
func Overlap(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return strings.HasPrefix(b, a) && (len(a) == len(b) || b[len(a)] == '/')
}
