package jsonast

import (
	"bytes"
	"strings"

	"orgmodes/internal/fault"
)

// maxDirectives bounds the lines of a YAML text that begin with %: yaml.v3 compares
// each %TAG with all before it.
const maxDirectives = 100

// spendYAML pays for what yaml.v3 is about to build of a text: it builds its whole
// tree, at 200 bytes a value, before we see any of it.
func (b *Budget) spendYAML(data []byte) error {
	directives := 0
	for line := range bytes.Lines(data) {
		if line[0] != '%' {
			continue
		}
		if directives++; directives > maxDirectives {
			return fault.New(fault.TooLarge, "too_many_directives",
				"%s has more than %d lines that begin with %%, which are directives in YAML. Remove them.", b.What, maxDirectives)
		}
	}
	b.Marks -= CountMarks(data, b.Marks)
	if b.Marks < 0 {
		return b.TooManyValues
	}
	return nil
}

// CountMarks returns no less than half of the values that yaml.v3 makes of a text, or
// limit+1 where that is less. It counts what may begin one: a line,
// an item, a key, a value, a flow collection and what is in it. The lines of block
// scalars, which are most of a file of modes, are one value; so are quoted texts.
// Where it can't be certain that it reads a line as yaml.v3 does, it counts
// everything from there on.
func CountMarks(data []byte, limit int) int {
	var m marks
	for line := range bytes.Lines(data) {
		if m.line(line); m.count > limit {
			return limit + 1
		}
	}
	return m.count
}

// marks is the state between two lines.
type marks struct {
	count int
	// uncertain says that a quote, or a flow collection, may be open.
	uncertain bool
	block     block
}

// block is a block scalar.
type block struct {
	open bool
	// parent is the column of what it belongs to; what is not indented further
	// ends it. From its first line on, indent is that line's.
	parent, indent int
}

// otherBreaks are what yaml.v3 takes for the end of a line, too.
var otherBreaks = []string{"\u0085", "\u2028", "\u2029"}

// head is the part of a line before its value.
type head struct {
	// dashes are the items that begin there; of the last one, and of the key, the
	// column from 0 (-1 for none).
	dashes, dash, key int
	// end is where the value begins.
	end int
}

func headOf(line []byte) head {
	h := head{dash: -1, key: -1}
	spaces := func() {
		for h.end < len(line) && line[h.end] == ' ' {
			h.end++
		}
	}
	spaces()
	for h.end+1 < len(line) && line[h.end] == '-' && line[h.end+1] == ' ' {
		h.dashes++
		h.dash = h.end
		h.end++
		spaces()
	}
	i := h.end
	for i < len(line) && (isASCIIWord(line[i]) || strings.IndexByte("_.-", line[i]) >= 0) {
		i++
	}
	if i > h.end && i+1 < len(line) && line[i] == ':' && strings.IndexByte(" \r\n", line[i+1]) >= 0 {
		h.key, h.end = h.end, i+1
		spaces()
	}
	return h
}

// isBlockHeader reports whether a value is the beginning of a block scalar.
func isBlockHeader(value []byte) bool {
	if value[0] != '|' && value[0] != '>' {
		return false
	}
	rest := bytes.TrimLeft(value[1:], "-+0123456789")
	return len(rest) == 0 || bytes.HasPrefix(bytes.TrimLeft(rest, " "), []byte("#")) && rest[0] == ' '
}

func (m *marks) line(line []byte) {
	if m.uncertain || hasOtherBreak(line) {
		m.uncertain = true
		m.all(line, 2)
		return
	}
	if m.within(line) {
		return
	}
	h := headOf(line)
	value := bytes.TrimRight(line[h.end:], " \r\n")
	if len(value) > 0 && isBlockHeader(value) {
		// What belongs to no key belongs to its last dash, or to nothing: then it
		// is indented, too.
		parent := h.key
		if parent < 0 {
			parent = max(0, h.dash)
		}
		m.block = block{open: true, parent: parent, indent: -1}
		value = nil
	}
	m.value(line, h, value)
}

// within reports whether a line is one of an open block scalar.
func (m *marks) within(line []byte) bool {
	if !m.block.open {
		return false
	}
	text := bytes.TrimLeft(line, " ")
	indent := len(line) - len(text)
	if len(bytes.TrimRight(text, "\r\n")) == 0 {
		return true
	}
	if m.block.indent < 0 && indent > m.block.parent {
		m.block.indent = indent
	}
	m.block.open = m.block.indent >= 0 && indent >= m.block.indent
	return m.block.open
}

// value counts the value of a line.
func (m *marks) value(line []byte, h head, value []byte) {
	switch {
	case len(value) == 0 || value[0] == '#' || isQuoted(value):
		m.count += 2 + h.dashes
	case (isASCIIWord(value[0]) || value[0] >= 0x80) && (!bytes.ContainsAny(value, "\"'[{") || !hasColon(value)):
		m.all(line, 0) // plain text, in which brackets and commas are that
	case !bytes.ContainsAny(value, "\"'[{"):
		m.all(line, 1)
	case isFlow(value):
		m.all(line, 2)
	default:
		m.uncertain = true
		m.all(line, 2)
	}
}

// all counts everything in a line that may begin a value; in a flow collection, a
// comma may begin as many as perComma.
func (m *marks) all(line []byte, perComma int) {
	m.count++
	for i, c := range line {
		switch c {
		case '[', '{':
			m.count += min(perComma, 1)
		case ',':
			m.count += perComma
		case ':', '-', '?':
			if i+1 == len(line) || strings.IndexByte(" \t\r\n,[]{}", line[i+1]) >= 0 {
				m.count++
			}
		case '\r', '\xC2', '\xE2': // lone breaks, see otherBreaks
			m.count += min(perComma, 1)
		}
	}
}

func hasOtherBreak(line []byte) bool {
	if i := bytes.IndexByte(line, '\r'); i >= 0 && i < len(line)-2 {
		return true
	}
	for _, b := range otherBreaks {
		if bytes.Contains(line, []byte(b)) {
			return true
		}
	}
	return false
}

func isASCIIWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// hasColon reports whether there may be a key in a plain text.
func hasColon(value []byte) bool {
	return bytes.Contains(value, []byte(": ")) || bytes.Contains(value, []byte(":\t")) || bytes.HasSuffix(value, []byte(":"))
}

// isQuoted reports whether a value is one quoted text, closed at its end.
func isQuoted(value []byte) bool {
	switch q := value[0]; q {
	case '"':
		for i := 1; i < len(value); i++ {
			switch value[i] {
			case '\\':
				i++
			case '"':
				return i == len(value)-1
			}
		}
	case '\'':
		rest := bytes.ReplaceAll(value[1:], []byte("''"), nil)
		return bytes.IndexByte(rest, q) == len(rest)-1 && len(rest) > 0
	}
	return false
}

// isFlow reports whether a value is a flow collection without quotes, closed at its
// end.
func isFlow(value []byte) bool {
	depth := 0
	for i, c := range value {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 {
				return i == len(value)-1
			}
		case '"', '\'', '#':
			return false
		}
		if depth == 0 {
			return false
		}
	}
	return false
}
