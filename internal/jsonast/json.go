package jsonast

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// JSON parses RFC 8259 JSON into nodes. encoding/json doesn't report positions of values, and
// silently accepts duplicate names and invalid surrogates.
type JSON struct {
	// Budget bounds the cost of parsing.
	Budget *Budget
	// SuggestYAML allows messages to suggest YAML for syntax that JSON lacks.
	SuggestYAML bool
	// Lenient accepts commas before a closing bracket.
	Lenient bool

	// TrailingCommas counts those commas after Parse; FirstTrailingComma is the first.
	TrailingCommas     int
	FirstTrailingComma TrailingComma
	// FailedAtComment reports whether parsing failed at a comment.
	FailedAtComment bool
}

// Parse parses a text, with or without a byte order mark. The error is a *fault.Error
// (Malformed, "malformed_json" or "not_utf8") with the position of the first syntax error, or
// that of the Budget or its Context.
func (j *JSON) Parse(data []byte) (*Node, error) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if err := j.Budget.CheckContext(); err != nil {
		return nil, err
	}
	if err := CheckUTF8(j.Budget.InputName, data); err != nil {
		return nil, err
	}
	j.TrailingCommas, j.FailedAtComment = 0, false
	p := jsonParser{JSON: j, data: data, line: 1}
	p.skipSpace()
	root, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.skipSpace()
	if p.pos < len(p.data) {
		closed := "the value"
		switch root.Kind {
		case Object:
			closed = "the closing }"
		case Array:
			closed = "the closing ]"
		}
		return nil, p.unexpected("expected the end after " + closed)
	}
	return root, nil
}

type jsonParser struct {
	*JSON
	data []byte
	pos  int
	// line and column are the position of counted. They are counted incrementally, as
	// single-line files reach megabytes.
	line, column int
	counted      int
}

// position returns the position of p.pos, which only moves forward.
func (p *jsonParser) position() (line, column int) {
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

func (p *jsonParser) syntaxError(format string, args ...any) error {
	line, column := p.position()
	return newSyntaxError(fmt.Sprintf(format, args...), line, column)
}

func newSyntaxError(detail string, line, column int) error {
	return Malformed("malformed_json", "This is not valid JSON", detail, line, column)
}

func (p *jsonParser) skipSpace() {
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

// describeNext describes the next character for messages.
func (p *jsonParser) describeNext() string {
	if p.pos >= len(p.data) {
		return "the end of the text"
	}
	r, _ := utf8.DecodeRune(p.data[p.pos:])
	return strconv.QuoteRune(r)
}

func (p *jsonParser) value(depth int) (*Node, error) {
	line, column := p.position()
	if err := p.Budget.CheckDepth(depth, line, column); err != nil {
		return nil, err
	}
	if err := p.Budget.Spend(1, 0); err != nil {
		return nil, err
	}
	n := &Node{Line: line, Column: column}
	switch c := p.peek(); {
	case c == '{':
		return n, p.object(n, depth)
	case c == '[':
		return n, p.array(n, depth)
	case c == '"':
		n.Kind = String
		var err error
		n.Text, n.Problem, err = p.str()
		return n, err
	case c == '-' || c >= '0' && c <= '9':
		return n, p.number(n)
	case p.acceptWord("true"):
		n.Kind, n.Bool = Bool, true
	case p.acceptWord("false"):
		n.Kind = Bool
	case p.acceptWord("null"):
	default:
		return nil, p.unexpected("expected a value")
	}
	return n, nil
}

func (p *jsonParser) acceptWord(w string) bool {
	if !strings.HasPrefix(string(p.data[p.pos:min(p.pos+len(w), len(p.data))]), w) {
		return false
	}
	p.pos += len(w)
	return true
}

func (p *jsonParser) object(n *Node, depth int) error {
	n.Kind = Object
	p.pos++
	p.skipSpace()
	if p.peek() == '}' {
		p.pos++
		return nil
	}
	first := map[string]int{}
	for {
		p.skipSpace()
		if p.peek() != '"' {
			return p.unexpected("expected a field name in double quotes")
		}
		var f Field
		f.Line, f.Column = p.position()
		var err error
		if f.Name, f.Problem, err = p.str(); err != nil {
			return err
		}
		p.skipSpace()
		if p.peek() != ':' {
			return p.unexpected("expected a colon after the field name")
		}
		p.pos++
		p.skipSpace()
		if f.Value, err = p.value(depth + 1); err != nil {
			return err
		}
		if line, ok := first[f.Name]; ok {
			f.Problem = DuplicateField(f.Name, line)
		} else {
			first[f.Name] = f.Line
		}
		n.Fields = append(n.Fields, f)
		p.skipSpace()
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

func (p *jsonParser) array(n *Node, depth int) error {
	n.Kind = Array
	p.pos++
	p.skipSpace()
	if p.peek() == ']' {
		p.pos++
		return nil
	}
	for {
		p.skipSpace()
		item, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
		p.skipSpace()
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

func (p *jsonParser) number(n *Node) error {
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
		return p.syntaxError("this is not a JSON number")
	}
	if p.peek() == '.' {
		p.pos++
		if digits() == 0 {
			return p.syntaxError("expected a digit after the decimal point, found %s", p.describeNext())
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.pos++
		if c := p.peek(); c == '+' || c == '-' {
			p.pos++
		}
		if digits() == 0 {
			return p.syntaxError("expected a digit in the exponent, found %s", p.describeNext())
		}
	}
	n.SetNumber(string(p.data[start:p.pos]))
	return nil
}
