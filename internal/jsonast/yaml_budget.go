package jsonast

import (
	"bytes"
	"strings"

	"orgmodes/internal/fault"
)

// maxDirectives bounds the lines of a YAML text that begin with %: yaml.v3 compares each %TAG
// with all preceding ones.
const maxDirectives = 100

// spendYAML charges the budget for the tree that yaml.v3 is about to build. It builds the whole
// tree, at 200 bytes a value, before returning any of it.
func (b *Budget) spendYAML(data []byte) error {
	directives := 0
	for line := range bytes.Lines(data) {
		if line[0] != '%' {
			continue
		}
		if directives++; directives > maxDirectives {
			return fault.New(fault.TooLarge, "too_many_directives",
				"%s has more than %d lines that begin with %%, which are directives in YAML. Remove them.", b.InputName, maxDirectives)
		}
	}
	b.ValueStarts -= CountValueStarts(data, b.ValueStarts)
	if b.ValueStarts < 0 {
		return b.TooManyValues
	}
	return nil
}

// CountValueStarts returns at least half of the number of values that yaml.v3 builds from a
// text, or limit+1 if that is less. It counts potential starts of values: a line, an item, a
// key, a value, a flow collection and its content. The lines of a block scalar, which make up
// most of a modes file, count as one value; so do quoted texts. From the first line that
// yaml.v3 could read differently, it counts everything.
func CountValueStarts(data []byte, limit int) int {
	var m startCounter
	for line := range bytes.Lines(data) {
		if m.countLine(line); m.count > limit {
			return limit + 1
		}
	}
	return m.count
}

// startCounter is the scanner's state between two lines.
type startCounter struct {
	count int
	// uncertain is set if a quote or a flow collection could be open.
	uncertain bool
	block     blockScalar
}

// blockScalar is the state of a block scalar.
type blockScalar struct {
	open bool
	// parent is the column of the scalar's parent; lines that aren't indented further end the
	// scalar. From the first line on, indent is that line's indentation.
	parent, indent int
}

// otherBreaks are further line breaks of yaml.v3.
var otherBreaks = []string{"\u0085", "\u2028", "\u2029"}

// linePrefix is the part of a line before its value.
type linePrefix struct {
	// dashes counts the list items that begin in the line. dash and key are the columns, from
	// 0, of the last dash and of the key; -1 for none.
	dashes, dash, key int
	// end is the start of the value.
	end int
}

func parseLinePrefix(line []byte) linePrefix {
	h := linePrefix{dash: -1, key: -1}
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

// isBlockHeader reports whether a value begins a block scalar.
func isBlockHeader(value []byte) bool {
	if value[0] != '|' && value[0] != '>' {
		return false
	}
	rest := bytes.TrimLeft(value[1:], "-+0123456789")
	return len(rest) == 0 || bytes.HasPrefix(bytes.TrimLeft(rest, " "), []byte("#")) && rest[0] == ' '
}

func (m *startCounter) countLine(line []byte) {
	if m.uncertain || hasOtherBreak(line) {
		m.uncertain = true
		m.countAll(line, 2)
		return
	}
	if m.inBlockScalar(line) {
		return
	}
	h := parseLinePrefix(line)
	value := bytes.TrimRight(line[h.end:], " \r\n")
	if len(value) > 0 && isBlockHeader(value) {
		// Without a key the parent is the last dash, or the document. The document's block is
		// indented, too.
		parent := h.key
		if parent < 0 {
			parent = max(0, h.dash)
		}
		m.block = blockScalar{open: true, parent: parent, indent: -1}
		value = nil
	}
	m.countValue(line, h, value)
}

// inBlockScalar reports whether a line belongs to an open block scalar.
func (m *startCounter) inBlockScalar(line []byte) bool {
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

// countValue counts the value of a line.
func (m *startCounter) countValue(line []byte, h linePrefix, value []byte) {
	switch {
	case len(value) == 0 || value[0] == '#' || isQuoted(value):
		m.count += 2 + h.dashes
	case (isASCIIWord(value[0]) || value[0] >= 0x80) && (!bytes.ContainsAny(value, "\"'[{") || !hasColon(value)):
		m.countAll(line, 0) // plain text, where brackets and commas have no meaning
	case !bytes.ContainsAny(value, "\"'[{"):
		m.countAll(line, 1)
	case isFlow(value):
		m.countAll(line, 2)
	default:
		m.uncertain = true
		m.countAll(line, 2)
	}
}

// countAll counts everything in a line that could begin a value. In a flow collection, a comma
// can begin up to perComma values.
func (m *startCounter) countAll(line []byte, perComma int) {
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
		case '\r', '\xC2', '\xE2': // lone line breaks, see otherBreaks
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

// hasColon reports whether a plain text could contain a key.
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

// isFlow reports whether a value is a flow collection without quotes, closed at its end.
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
