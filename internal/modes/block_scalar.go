package modes

import (
	"slices"
	"strings"
	"unicode/utf8"

	"orgmodes/internal/jsonast"
)

// maxLocatedColumn bounds the search for a column. Positions beyond it map to the start of the
// line.
const maxLocatedColumn = 1024

// locator returns a function that maps a position within a text to one in the file. The mapping
// is exact for literal and folded block scalars. Their lines are parsed again here, and the
// result is used only if it equals the text from the YAML parser. For other styles, such as
// quoted ones, positions stay relative to the text.
func (r *fileReader) locator(n *jsonast.Node) (locate func(line, column int) (int, int), exact bool) {
	stay := func(line, column int) (int, int) { return line, column }
	if n.Style != '|' && n.Style != '>' {
		return stay, false
	}
	if r.lines == nil {
		r.lines = strings.Split(string(r.data), "\n")
	}
	if n.Line >= len(r.lines) {
		return stay, false
	}
	b := blockScalar{folded: n.Style == '>', first: n.Line}
	b.read(r.lines[n.Line:])
	if strings.TrimRight(b.text.String(), "\n") != strings.TrimRight(n.Text, "\n") {
		return stay, false
	}
	return b.locator(n.Text), true
}

// blockScalar reads the lines of a block scalar as YAML does (YAML 1.2, chapter 8.1) and
// records where each line came from.
type blockScalar struct {
	folded bool
	// first is the number of the first line, minus one.
	first    int
	indent   int
	text     strings.Builder
	segments []segment
}

// segment is a line of the file and its offset in the text.
type segment struct{ offset, line int }

func (b *blockScalar) read(lines []string) {
	b.indent = -1
	empty, isFirst, wasMore := 0, true, false
	for i, line := range lines {
		line = strings.TrimSuffix(line, "\r")
		margin := len(line) - len(strings.TrimLeft(line, " "))
		if margin == len(line) && (b.indent < 0 || margin <= b.indent) {
			empty++
			continue
		}
		if b.indent < 0 {
			b.indent = margin
		}
		if margin < b.indent || b.indent == 0 {
			return
		}
		line = line[b.indent:]
		more := line[0] == ' ' || line[0] == '\t'
		breaks := empty + 1
		if isFirst {
			breaks = empty
		} else if b.folded && !more && !wasMore {
			breaks = empty
			if empty == 0 {
				b.text.WriteByte(' ')
			}
		}
		b.text.WriteString(strings.Repeat("\n", breaks))
		b.segments = append(b.segments, segment{b.text.Len(), b.first + i + 1})
		b.text.WriteString(line)
		empty, isFirst, wasMore = 0, false, more
	}
}

func (b *blockScalar) locator(text string) func(line, column int) (int, int) {
	starts := []int{0}
	for i, c := range []byte(text) {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return func(line, column int) (int, int) {
		if len(b.segments) == 0 {
			return b.first, 1
		}
		offset := starts[min(max(line, 1), len(starts))-1]
		if column <= maxLocatedColumn {
			for i := 1; i < column && offset < len(text); i++ {
				_, size := utf8.DecodeRuneInString(text[offset:])
				offset += size
			}
		}
		at, found := slices.BinarySearchFunc(b.segments, offset, func(s segment, offset int) int { return s.offset - offset })
		if !found {
			at = max(at-1, 0)
		}
		s := b.segments[at]
		return s.line, b.indent + 1 + utf8.RuneCountInString(text[min(s.offset, offset):offset])
	}
}
