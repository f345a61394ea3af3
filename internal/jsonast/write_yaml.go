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

// MarshalYAML returns a Map, a map (sorted by key), a list or a scalar as a YAML document. YAML
// 1.1 and 1.2 parsers read it alike, and the same value gives the same bytes. The lines of
// header become comments at its top. It panics on a value without a JSON representation.
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
		// Characters that some parsers take for a line break would end the comment.
		line = strings.Map(func(r rune) rune {
			if !printable(r) || r == '\t' {
				return ' '
			}
			return r
		}, line)
		e.WriteString(strings.TrimRight("# "+line, " ") + "\n")
	}
}

// block writes a collection. inline means that the first entry continues the current line.
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
			e.writeValue(p.Value, indent)
		}
	case []any:
		if len(v) == 0 {
			e.WriteString("[]\n")
		}
		for _, item := range v {
			begin()
			e.WriteByte('-')
			if isEmptyOrScalar(item) {
				e.writeValue(item, indent)
				continue
			}
			e.WriteByte(' ')
			e.block(item, indent+2, true)
		}
	}
}

// writeValue writes a value after a key or a dash at column indent.
func (e *emitter) writeValue(v any, indent int) {
	if isEmptyOrScalar(v) {
		e.WriteByte(' ')
		if collectionSize(v) == 0 {
			e.block(v, indent, true)
			return
		}
		e.scalar(v, indent)
		return
	}
	e.WriteByte('\n')
	e.block(v, indent+2, false)
}

// collectionSize returns the length of a collection, or -1 for a scalar.
func collectionSize(v any) int {
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

func isEmptyOrScalar(v any) bool { return collectionSize(v) <= 0 }

// scalar writes a scalar and ends the line. indent is the indentation of its parent.
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

// yamlNumber adds a decimal point to a number with an exponent: YAML 1.1 reads it as text
// otherwise.
func yamlNumber(n string) string {
	if i := strings.IndexAny(n, "eE"); i >= 0 && !strings.Contains(n, ".") {
		return n[:i] + ".0" + n[i:]
	}
	return n
}

// literal writes a literal block scalar without indenting empty lines.
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

// isLiteral reports whether every parser reads s back from a literal block. It must have
// several lines, none of which could be taken for indentation, the end of the document or two
// lines.
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

// printable reports whether a character can appear unescaped in YAML with the same meaning to
// all parsers.
func printable(r rune) bool {
	switch {
	case r == '\t', r >= 0x20 && r <= 0x7E:
		return true
	case r == 0x2028, r == 0x2029, r == 0xFEFF, r == unicode.ReplacementChar:
		// A replacement character can stand for a broken byte; the escape makes it visible.
		return false
	}
	return r >= 0xA0 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000
}

var (
	plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)
	// reserved matches plain words that some parser reads as something other than text.
	reserved = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|true|false|null|nil|none|nan|inf|infinity)$`)
)

func yamlKey(name string) string {
	if plainKey.MatchString(name) && !reserved.MatchString(name) {
		return name
	}
	return quoted(name)
}

// yamlText writes a text on one line, plain if that is safe.
func yamlText(s string) string {
	if isPlain(s) {
		return s
	}
	return quoted(s)
}

// isPlain reports whether a text needs no quotes. It is conservative: a plain text can't begin
// like a number, a date or any other YAML syntax.
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
		// Some parsers trim more than spaces and tabs.
		if r >= 0x80 && unicode.IsSpace(r) {
			return false
		}
	}
	return !strings.HasSuffix(s, " ") && !strings.HasSuffix(s, ":") &&
		!strings.Contains(s, ": ") && !strings.Contains(s, " #")
}

// quoted writes a text in double quotes, on one line of any length.
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
