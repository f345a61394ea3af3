package jsonast

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// MarshalYAML returns a Map, a map (sorted), a list, or a scalar as a YAML document
// that YAML 1.1 and 1.2 readers understand alike: the same bytes for the same value.
// The lines of header become comments at its top. It panics on a value without a
// JSON shape.
func MarshalYAML(v any, header string) []byte {
	var e emitter
	e.header(header)
	switch v.(type) {
	case Map, map[string]any, []any, []string:
		e.block(v, 0, true)
	default:
		e.scalar(v, -2)
	}
	return e.Bytes()
}

// emitter writes block style with an indent of two.
type emitter struct{ bytes.Buffer }

func (e *emitter) header(header string) {
	if header == "" {
		return
	}
	for line := range strings.SplitSeq(strings.TrimRight(header, "\n"), "\n") {
		// What breaks a line for some readers would end the comment.
		line = strings.Map(func(r rune) rune {
			if !printable(r) || r == '\t' {
				return ' '
			}
			return r
		}, line)
		e.WriteString(strings.TrimRight("# "+line, " ") + "\n")
	}
}

// block writes a collection; inline means that the cursor stands where its
// first entry goes, otherwise that a line has to be begun.
func (e *emitter) block(v any, indent int, inline bool) {
	begin := func() {
		if !inline {
			e.WriteString(strings.Repeat(" ", indent))
		}
		inline = false
	}
	switch v := v.(type) {
	case map[string]any:
		e.block(Map{}.With(v), indent, inline)
	case []string:
		items := make([]any, len(v))
		for i, s := range v {
			items[i] = s
		}
		e.block(items, indent, inline)
	case Map:
		if len(v) == 0 {
			e.WriteString("{}\n")
		}
		for _, p := range v {
			begin()
			e.WriteString(yamlKey(p.Name))
			e.WriteByte(':')
			e.under(p.Value, indent)
		}
	case []any:
		if len(v) == 0 {
			e.WriteString("[]\n")
		}
		for _, item := range v {
			begin()
			e.WriteByte('-')
			if isEmptyOrScalar(item) {
				e.under(item, indent)
				continue
			}
			e.WriteByte(' ')
			e.block(item, indent+2, true)
		}
	}
}

// under writes a value after a key or a dash that stands at indent.
func (e *emitter) under(v any, indent int) {
	if isEmptyOrScalar(v) {
		e.WriteByte(' ')
		if size(v) == 0 {
			e.block(v, indent, true)
			return
		}
		e.scalar(v, indent)
		return
	}
	e.WriteByte('\n')
	e.block(v, indent+2, false)
}

// size is the length of a collection, and -1 for a scalar.
func size(v any) int {
	switch v := v.(type) {
	case Map:
		return len(v)
	case map[string]any:
		return len(v)
	case []any:
		return len(v)
	case []string:
		return len(v)
	}
	return -1
}

func isEmptyOrScalar(v any) bool { return size(v) <= 0 }

// scalar writes a scalar and ends the line. indent is that of what it belongs to.
func (e *emitter) scalar(v any, indent int) {
	switch v := v.(type) {
	case nil:
		e.WriteString("null")
	case bool:
		e.WriteString(strconv.FormatBool(v))
	case int:
		e.WriteString(strconv.Itoa(v))
	case json.Number:
		e.WriteString(yamlNumber(v.String()))
	case string:
		if isLiteral(v) {
			e.literal(v, indent+2)
			return
		}
		e.WriteString(yamlText(v))
	default:
		panic(fmt.Sprintf("jsonast: a %T has no YAML", v))
	}
	e.WriteByte('\n')
}

// yamlNumber gives a number with an exponent a decimal point: YAML 1.1 takes it
// for text without one.
func yamlNumber(n string) string {
	if i := strings.IndexAny(n, "eE"); i >= 0 && !strings.Contains(n, ".") {
		return n[:i] + ".0" + n[i:]
	}
	return n
}

// literal writes a block scalar; empty lines stay empty.
func (e *emitter) literal(s string, indent int) {
	e.WriteByte('|')
	switch {
	case !strings.HasSuffix(s, "\n"):
		e.WriteByte('-')
	case strings.HasSuffix(s, "\n\n"):
		e.WriteByte('+')
	}
	e.WriteByte('\n')
	margin := strings.Repeat(" ", indent)
	for line := range strings.SplitSeq(strings.TrimSuffix(s, "\n"), "\n") {
		if line != "" {
			e.WriteString(margin)
			e.WriteString(line)
		}
		e.WriteByte('\n')
	}
}

// isLiteral reports whether every reader gets a text back from a literal block:
// several lines, none of which a reader could take for indentation, for the end
// of the document or for two lines.
func isLiteral(s string) bool {
	if !strings.Contains(s, "\n") || strings.IndexByte(" \t\n", s[0]) >= 0 {
		return false
	}
	for line := range strings.SplitSeq(s, "\n") {
		if line != "" && strings.Trim(line, " \t") == "" || strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...") {
			return false
		}
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && !printable(r) })
}

// printable reports whether a character can stand in YAML as it is, and means
// the same to all readers.
func printable(r rune) bool {
	switch {
	case r == '\t', r >= 0x20 && r <= 0x7E:
		return true
	case r == 0x2028, r == 0x2029, r == 0xFEFF, r == unicode.ReplacementChar:
		// A replacement character may stand for a broken byte; let it be seen.
		return false
	}
	return r >= 0xA0 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000
}

var (
	plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)
	// reserved are the plain words that one reader or another takes for
	// something else than text.
	reserved = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|true|false|null|nil|none|nan|inf|infinity)$`)
)

func yamlKey(name string) string {
	if plainKey.MatchString(name) && !reserved.MatchString(name) {
		return name
	}
	return quoted(name)
}

// yamlText writes a text on one line, plain where that is safe.
func yamlText(s string) string {
	if isPlain(s) {
		return s
	}
	return quoted(s)
}

// isPlain reports whether a text can go without quotes, on the safe side:
// numbers, dates and whatever begins with a character that means something to
// YAML begin with what is not listed here.
func isPlain(s string) bool {
	if s == "" || reserved.MatchString(s) {
		return false
	}
	for i, r := range s {
		if r == '\t' || !printable(r) {
			return false
		}
		if i == 0 && r < 0x80 && !unicode.IsLetter(r) && !strings.ContainsRune(`_(\/^$`, r) {
			return false
		}
		// Some readers trim more than the space and the tab.
		if r >= 0x80 && unicode.IsSpace(r) {
			return false
		}
	}
	return !strings.HasSuffix(s, " ") && !strings.HasSuffix(s, ":") &&
		!strings.Contains(s, ": ") && !strings.Contains(s, " #")
}

// quoted writes a text in double quotes, on one line however long.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == unicode.ReplacementChar || printable(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			fmt.Fprintf(&b, `\U%08X`, r)
		default:
			fmt.Fprintf(&b, `\u%04X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
