package modes

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"orgmodes/internal/fault"
)

// parseJSON reads RFC 8259 JSON into nodes. encoding/json gives no positions of
// values and takes duplicate names and broken surrogates silently.
func parseJSON(data []byte) (*node, error) {
	data = trimBOM(data)
	if err := checkEncoding(data); err != nil {
		return nil, err
	}
	return newJSONParser(data, newBudget()).document()
}

func newJSONParser(data []byte, b *budget) *jsonParser {
	return &jsonParser{data: data, line: 1, budget: b}
}

// document reads the one value that the text has to be.
func (p *jsonParser) document() (*node, error) {
	p.space()
	root, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.pos < len(p.data) {
		return nil, p.unexpected("expected the end after the " + map[kind]string{mapping: "closing }", list: "closing ]"}[root.kind])
	}
	return root, nil
}

type jsonParser struct {
	data []byte
	pos  int
	// line is that of counted, and start where it begins; column is counted
	// along, as files of one line reach megabytes.
	line, column int
	counted      int
	budget       *budget
	// lenient takes commas before a closing bracket, counts them in commas, and
	// keeps what to say of the first.
	lenient    bool
	commas     int
	firstComma Notice
	// commented says that it was a comment that couldn't be read.
	commented bool
}

// here returns the position of p.pos. It only ever moves forward.
func (p *jsonParser) here() (line, column int) {
	for p.counted < p.pos {
		if p.data[p.counted] == '\n' {
			p.line++
			p.column = 0
			p.counted++
			continue
		}
		_, size := utf8.DecodeRune(p.data[p.counted:])
		p.counted += size
		p.column++
	}
	return p.line, p.column + 1
}

func (p *jsonParser) broken(format string, args ...any) error {
	line, column := p.here()
	return malformed("malformed_json", "This is not valid JSON", fmt.Sprintf(format, args...), line, column)
}

// malformed says where a text stops making sense.
func malformed(code, what, detail string, line, column int) error {
	message := what + "."
	if line > 0 {
		message = fmt.Sprintf("%s (line %d, column %d).", what, line, column)
	}
	return fault.New(fault.Malformed, code, "%s", message).
		With(fault.Field{Detail: detail, Line: line, Column: column})
}

func (p *jsonParser) space() {
	for p.pos < len(p.data) && strings.IndexByte(" \t\r\n", p.data[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *jsonParser) peek() byte {
	if p.pos < len(p.data) {
		return p.data[p.pos]
	}
	return 0
}

// found names the next character, for messages.
func (p *jsonParser) found() string {
	if p.pos >= len(p.data) {
		return "the end of the text"
	}
	r, _ := utf8.DecodeRune(p.data[p.pos:])
	return strconv.QuoteRune(r)
}

func (p *jsonParser) value(depth int) (*node, error) {
	line, column := p.here()
	if depth > maxNesting {
		return nil, tooDeep(line, column)
	}
	if err := p.budget.spend(1, 0); err != nil {
		return nil, err
	}
	n := &node{line: line, column: column}
	switch c := p.peek(); {
	case c == '{':
		return n, p.object(n, depth)
	case c == '[':
		return n, p.array(n, depth)
	case c == '"':
		n.kind = text
		var err error
		n.text, n.flaw, err = p.str()
		return n, err
	case c == '-' || c >= '0' && c <= '9':
		return n, p.number(n)
	case p.word("true"):
		n.kind, n.truth = truth, true
	case p.word("false"):
		n.kind = truth
	case p.word("null"):
	default:
		return nil, p.unexpected("expected a value")
	}
	return n, nil
}

func (p *jsonParser) word(w string) bool {
	if !strings.HasPrefix(string(p.data[p.pos:min(p.pos+len(w), len(p.data))]), w) {
		return false
	}
	p.pos += len(w)
	return true
}

func (p *jsonParser) object(n *node, depth int) error {
	n.kind = mapping
	p.pos++
	p.space()
	if p.peek() == '}' {
		p.pos++
		return nil
	}
	first := map[string]int{}
	for {
		p.space()
		if p.peek() != '"' {
			return p.unexpected("expected a field name in double quotes")
		}
		var f field
		f.line, f.column = p.here()
		var err error
		if f.name, f.flaw, err = p.str(); err != nil {
			return err
		}
		p.space()
		if p.peek() != ':' {
			return p.unexpected("expected a colon after the field name")
		}
		p.pos++
		p.space()
		if f.value, err = p.value(depth + 1); err != nil {
			return err
		}
		if line, ok := first[f.name]; ok {
			f.flaw = duplicate(f.name, line)
		} else {
			first[f.name] = f.line
		}
		n.fields = append(n.fields, f)
		p.space()
		switch p.peek() {
		case ',':
			if last, err := p.comma('}'); last || err != nil {
				return err
			}
		case '}':
			p.pos++
			return nil
		default:
			return p.unexpected("expected a comma or } after a field")
		}
	}
}

func (p *jsonParser) array(n *node, depth int) error {
	n.kind = list
	p.pos++
	p.space()
	if p.peek() == ']' {
		p.pos++
		return nil
	}
	for {
		p.space()
		item, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
		p.space()
		switch p.peek() {
		case ',':
			if last, err := p.comma(']'); last || err != nil {
				return err
			}
		case ']':
			p.pos++
			return nil
		default:
			return p.unexpected("expected a comma or ] after an item")
		}
	}
}

func (p *jsonParser) number(n *node) error {
	start := p.pos
	if p.peek() == '-' {
		p.pos++
	}
	digits := func() int {
		from := p.pos
		for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
			p.pos++
		}
		return p.pos - from
	}
	leadingZero := p.peek() == '0'
	if count := digits(); count == 0 || leadingZero && count > 1 {
		return p.broken("this is not a JSON number")
	}
	if p.peek() == '.' {
		p.pos++
		if digits() == 0 {
			return p.broken("expected a digit after the decimal point, found %s", p.found())
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.pos++
		if c := p.peek(); c == '+' || c == '-' {
			p.pos++
		}
		if digits() == 0 {
			return p.broken("expected a digit in the exponent, found %s", p.found())
		}
	}
	n.number(string(p.data[start:p.pos]))
	return nil
}

// number makes n the number that is written so, or broken.
func (n *node) number(written string) {
	canonical, ok := canonicalNumber(written)
	if !ok {
		n.kind, n.flaw = broken, inexact(written)
		return
	}
	n.kind, n.text = number, string(canonical)
}

func inexact(written string) string {
	if len(written) > 40 {
		written = written[:40] + "…"
	}
	return "the number " + written + " can't be kept exactly; write it as text, in quotes"
}

// str reads a string; the flaw is about what it says, the error about how it is
// written.
func (p *jsonParser) str() (s, flaw string, err error) {
	p.pos++
	var b strings.Builder
	for {
		start := p.pos
		for p.pos < len(p.data) && p.data[p.pos] != '"' && p.data[p.pos] != '\\' && p.data[p.pos] >= ' ' {
			p.pos++
		}
		b.Write(p.data[start:p.pos])
		switch {
		case p.pos >= len(p.data):
			return "", "", p.broken("this string has no closing quote")
		case p.data[p.pos] == '"':
			p.pos++
			return b.String(), flaw, p.budget.spend(0, b.Len())
		case p.data[p.pos] != '\\':
			return "", "", p.broken("the control character U+%04X must be escaped (a line break as \\n, a tab as \\t)", p.data[p.pos])
		}
		r, err := p.escape()
		if err != nil {
			return "", "", err
		}
		if utf16.IsSurrogate(r) {
			flaw = fmt.Sprintf("\\u%04x is half of a character; its other half is missing", r)
			r = utf8.RuneError
		}
		b.WriteRune(r)
	}
}

// shortEscape is what a single character after a backslash stands for.
func shortEscape(c byte) (rune, bool) {
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 && c != 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), true
	}
	return 0, false
}

// escape reads an escape, both halves of a surrogate pair at once; a lonely half
// is returned as it is.
func (p *jsonParser) escape() (rune, error) {
	p.pos++
	c := p.peek()
	if r, ok := shortEscape(c); ok {
		p.pos++
		return r, nil
	}
	if c != 'u' {
		return 0, p.broken("there is no escape \\ followed by %s", p.found())
	}
	p.pos++
	high, ok := p.hex4()
	if !ok {
		return 0, p.broken("expected four hexadecimal digits after \\u")
	}
	if utf16.IsSurrogate(high) && p.peek() == '\\' && p.pos+1 < len(p.data) && p.data[p.pos+1] == 'u' {
		back := p.pos
		p.pos += 2
		low, ok := p.hex4()
		if r := utf16.DecodeRune(high, low); ok && r != utf8.RuneError {
			return r, nil
		}
		p.pos = back
	}
	return high, nil
}

func (p *jsonParser) hex4() (rune, bool) {
	if p.pos+4 > len(p.data) {
		return 0, false
	}
	v, err := strconv.ParseUint(string(p.data[p.pos:p.pos+4]), 16, 32)
	if err != nil {
		return 0, false
	}
	p.pos += 4
	return rune(v), true
}
