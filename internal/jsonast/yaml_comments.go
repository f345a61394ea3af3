package jsonast

import (
	"bytes"
	"math"
	"strings"
)

// blankComments returns data with comments overwritten by blanks, which preserves all
// positions. yaml.v3 holds 200 bytes per comment until the end of the text, and no caller uses
// them. A comment stays if it affects the meaning of the text, or might:
//
//   - a comment ends a plain scalar, which otherwise continues in the next line if that is
//     indented further than the scalar's parent;
//   - blanks at the end of a block scalar can be part of it;
//   - if a quote or a flow collection may be open (see startCounter), or anything else is uncertain,
//     all comments stay.
//
// data itself is not changed.
func blankComments(data []byte) []byte {
	if bytes.IndexByte(data, '#') < 0 {
		return data
	}
	b := commentBlanker{data: data, out: data}
	for start := 0; start < len(data) && !b.uncertain; {
		end := start + len(data[start:])
		if i := bytes.IndexByte(data[start:], '\n'); i >= 0 {
			end = start + i + 1
		}
		b.scanLine(start, end)
		start = end
	}
	if b.uncertain {
		return data
	}
	return b.out
}

// commentBlanker is the scanner's state between two lines.
type commentBlanker struct {
	startCounter
	data, out []byte
	// plain is set while a plain scalar can continue in lines indented further than
	// parentColumn, which is -1 for the document itself.
	plain        bool
	parentColumn int
	// inBlock is set from the header of a block scalar to the next line after it that is
	// neither blank nor a comment.
	inBlock bool
	// nextContent is the start of the next line that is neither blank nor a comment.
	// nextIndent is its indentation, or -1 at the end of the text.
	nextContent, nextIndent int
}

// scanLine scans the line from start to end.
func (b *commentBlanker) scanLine(start, end int) {
	line, within := b.data[start:end], b.block.open
	b.countLine(line)
	if b.block.open && !within {
		// startCounter ignores headers with an indentation indicator, and text in a plain
		// scalar that looks like a header.
		header, _, _ := bytes.Cut(line[parseLinePrefix(line).end:], []byte(" "))
		b.uncertain = bytes.ContainsAny(header, "123456789") || b.plain && indentation(line) > b.parentColumn
	}
	if b.uncertain {
		return
	}
	if b.block.open { // the header, or a line of the block
		b.inBlock, b.plain = true, false
		return
	}
	whole := bytes.TrimRight(line, "\r\n")
	text := bytes.TrimRight(whole, " \t")
	indent := indentation(line)
	switch {
	case indent < len(whole) && whole[indent] == '\t':
		b.uncertain = true // yaml.v3 reads some of these as part of a comment
	case len(text) == 0:
	case len(text) > indent && text[indent] == '#':
		if !b.inBlock && b.dedents(end) {
			b.blankRange(start+indent, start+len(whole))
		}
		b.plain = false
	case b.plain && indent > b.parentColumn:
		b.inBlock, b.uncertain = false, mayBeBlockScalar(text)
	default:
		b.inBlock, b.plain = false, false
		if string(text) != "---" {
			b.scanValue(start, parseLinePrefix(line), whole, end)
		}
	}
}

// scanValue scans a line that begins a value; end is the start of the next line.
func (b *commentBlanker) scanValue(start int, h linePrefix, line []byte, end int) {
	if h.end >= len(line) {
		return
	}
	b.parentColumn = max(h.dash, h.key)
	comment := findComment(line, h.end)
	if comment < 0 {
		comment = len(line)
	}
	value := bytes.TrimRight(line[h.end:comment], " \t")
	if mayBeBlockScalar(value) { // one that startCounter doesn't recognize
		b.uncertain = true
		return
	}
	if hasColon(value) {
		b.parentColumn = h.end // a key that parseLinePrefix doesn't recognize
	}
	b.plain = len(value) > 0
	b.uncertain = b.parentColumn < 0
	if comment == len(line) || b.plain && !isPlainScalar(value) {
		return
	}
	if b.parentColumn >= 0 && b.dedents(end) {
		b.blankRange(start+comment, start+len(line))
	}
	b.plain = false
}

// findComment returns the start of the first comment after from, in a line without quotes before
// it. It returns -1 if there is no comment.
func findComment(line []byte, from int) int {
	for i := max(from, 1); i < len(line); i++ {
		if line[i] == '#' && isBlank(line[i-1]) {
			return i
		}
	}
	return -1
}

// mayBeBlockScalar reports whether a value can begin a block scalar that startCounter doesn't
// recognize, such as one after a quoted key or a tag.
func mayBeBlockScalar(value []byte) bool {
	for i, c := range value {
		if (c == '|' || c == '>') && (i == 0 || i+1 == len(value) || isBlank(value[i-1]) && !isBlank(value[i+1])) {
			return true
		}
	}
	return false
}

// isPlainScalar reports whether the value of a line is plain text, an alias, or an empty node
// with an anchor or a tag.
func isPlainScalar(value []byte) bool {
	return (isASCIIWord(value[0]) || value[0] >= 0x80 || strings.IndexByte("*&!~+.", value[0]) >= 0) &&
		!bytes.ContainsAny(value, "\"'[{")
}

func indentation(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " ")) }

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// dedents reports whether the text after the lines up to end doesn't continue an open plain
// scalar, if any.
func (b *commentBlanker) dedents(end int) bool {
	// The line found for one comment serves for all comments before that line.
	for b.nextContent < end || b.nextContent < len(b.data) && b.nextIndent < 0 {
		b.nextContent = max(b.nextContent, end)
		line := b.data[b.nextContent:]
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line = line[:i+1]
		}
		text := bytes.TrimLeft(line, " ")
		trimmed := bytes.TrimRight(text, "\r\n")
		switch {
		case hasOtherBreak(line) || len(trimmed) > 0 && trimmed[0] == '\t':
			b.nextIndent = math.MaxInt // yaml.v3 reads some of these as comments, or as one line
		case len(trimmed) > 0 && trimmed[0] != '#':
			b.nextIndent = indentation(line)
		default:
			b.nextIndent = -1
			b.nextContent += len(line)
		}
	}
	return b.nextIndent <= b.parentColumn || !b.plain && b.nextIndent < math.MaxInt
}

func (b *commentBlanker) blankRange(start, end int) {
	if &b.out[0] == &b.data[0] {
		b.out = bytes.Clone(b.data)
	}
	for i := start; i < end; i++ {
		b.out[i] = ' '
	}
}
