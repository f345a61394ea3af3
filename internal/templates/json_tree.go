package templates

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"orgmodes/internal/fault"
)

const (
	// maxNesting is far more than any form of a template has.
	maxNesting = 32
	// maxValues bounds the values of what is read at once.
	maxValues = 250_000
)

// kind is what a JSON value is.
type kind uint8

const (
	null kind = iota
	truth
	number
	text
	list
	object
)

// node is a JSON value that remembers where it was written.
type node struct {
	kind kind
	// text is that of a text, and of anything else that isn't made of nodes.
	text   string
	items  []*node
	fields []field
	// flaw says why a text can't be kept.
	flaw         string
	line, column int
}

// field is one member of an object.
type field struct {
	name  string
	value *node
	// flaw says why this member can't be kept.
	flaw         string
	line, column int
}

// parseJSON reads RFC 8259 JSON. encoding/json alone gives no positions, and takes
// names that are there twice and halves of characters silently. values is what is
// left of maxValues.
func parseJSON(data []byte, values *int) (*node, error) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if i := invalidUTF8(data); i >= 0 {
		line, column := positionAt(data, i)
		return nil, malformed("this text is not valid UTF-8", line, column)
	}
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		line, column := positionAt(data, errorOffset(data, err))
		return nil, malformed(err.Error(), line, column)
	}
	p := treeParser{data: data, tokens: json.NewDecoder(bytes.NewReader(data)), line: 1, column: 1, values: values}
	p.tokens.UseNumber()
	return p.value(0)
}

func malformed(detail string, line, column int) error {
	return fault.New(fault.Malformed, "malformed_json", "This is not valid JSON (line %d, column %d).", line, column).
		With(fault.Field{Detail: detail, Line: line, Column: column})
}

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// errorOffset is where a text stops being JSON.
func errorOffset(data []byte, err error) int {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return 0
	}
	at := int(syntax.Offset)
	if strings.HasPrefix(syntax.Error(), "unexpected end") {
		return len(data)
	}
	return max(0, at-1) // the offset is behind what is wrong
}

func positionAt(data []byte, offset int) (line, column int) {
	before := data[:min(offset, len(data))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[start:]) + 1
}

// treeParser makes nodes of the tokens of a valid text.
type treeParser struct {
	data   []byte
	tokens *json.Decoder
	// counted is how far line and column have come; they only move forward, as
	// files of one line reach megabytes.
	counted, line, column int
	values                *int
}

// next returns a token, where it starts and how it is written.
func (p *treeParser) next() (token json.Token, written []byte, line, column int, err error) {
	from := int(p.tokens.InputOffset())
	if token, err = p.tokens.Token(); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, nil, 0, 0, fault.New(fault.Malformed, "malformed_json", "This is not valid JSON.").Because(err)
	}
	for from < len(p.data) && strings.IndexByte(" \t\r\n,:", p.data[from]) >= 0 {
		from++
	}
	for p.counted < from {
		_, size := utf8.DecodeRune(p.data[p.counted:])
		p.column++
		if p.data[p.counted] == '\n' {
			p.line, p.column = p.line+1, 1
		}
		p.counted += size
	}
	return token, p.data[from:p.tokens.InputOffset()], p.line, p.column, nil
}

func (p *treeParser) value(depth int) (*node, error) {
	token, written, line, column, err := p.next()
	if err != nil {
		return nil, err
	}
	return p.valueOf(token, written, &node{line: line, column: column}, depth)
}

func (p *treeParser) valueOf(token json.Token, written []byte, n *node, depth int) (*node, error) {
	if *p.values--; *p.values < 0 {
		return nil, fault.New(fault.TooLarge, "too_many_values", "This holds more than %d values: more than %d templates ever need.", maxValues, MaxTemplates)
	}
	if depth > maxNesting {
		return nil, fault.New(fault.Invalid, "too_deep", "This is nested too deeply to be read.").
			With(fault.Field{Detail: fmt.Sprintf("nested deeper than %d levels", maxNesting), Line: n.line, Column: n.column})
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			n.kind = object
			return n, p.members(n, depth)
		}
		n.kind = list
		return n, p.items(n, depth)
	case string:
		n.kind, n.text, n.flaw = text, token, halfCharacter(written)
	case json.Number:
		n.kind, n.text = number, token.String()
	case bool:
		n.kind, n.text = truth, strconv.FormatBool(token)
	}
	return n, nil
}

func (p *treeParser) members(n *node, depth int) error {
	first := map[string]int{}
	for {
		token, written, line, column, err := p.next()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok { // the closing brace
			return nil
		}
		f := field{name: name, flaw: halfCharacter(written), line: line, column: column}
		if before, twice := first[name]; twice {
			f.flaw = fmt.Sprintf("the field %q is here twice (first on line %d); keep one", name, before)
		} else {
			first[name] = line
		}
		if f.value, err = p.value(depth + 1); err != nil {
			return err
		}
		n.fields = append(n.fields, f)
	}
}

func (p *treeParser) items(n *node, depth int) error {
	for {
		token, written, line, column, err := p.next()
		if err != nil {
			return err
		}
		if token == json.Delim(']') {
			return nil
		}
		item, err := p.valueOf(token, written, &node{line: line, column: column}, depth+1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
}

// halfCharacter finds an escape that is one half of a character without the
// other; encoding/json would make another character of it.
func halfCharacter(written []byte) string {
	for i := 0; i+1 < len(written); i++ {
		if written[i] != '\\' {
			continue
		}
		i++
		if written[i] != 'u' {
			continue
		}
		r := hex4(written[i+1:])
		i += 4
		if !utf16.IsSurrogate(r) {
			continue
		}
		if rest := written[i+1:]; len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' &&
			utf16.DecodeRune(r, hex4(rest[2:])) != utf8.RuneError {
			i += 6
			continue
		}
		return fmt.Sprintf(`\u%04x is half of a character; its other half is missing`, r)
	}
	return ""
}

func hex4(s []byte) rune {
	if len(s) < 4 {
		return 0
	}
	v, err := strconv.ParseUint(string(s[:4]), 16, 32)
	if err != nil {
		return 0
	}
	return rune(v)
}

// get returns a member of an object, or nil.
func (n *node) get(name string) *node {
	for i := range n.fields {
		if n.fields[i].name == name {
			return n.fields[i].value
		}
	}
	return nil
}

// find returns the node at a pointer, or the closest one around it, and whether
// it is the very one.
func (n *node) find(pointer string) (*node, bool) {
	if pointer == "" {
		return n, true
	}
	for step := range strings.SplitSeq(pointer[1:], "/") {
		next := n.get(strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~"))
		if i, err := strconv.Atoi(step); err == nil && n.kind == list && i >= 0 && i < len(n.items) {
			next = n.items[i]
		}
		if next == nil {
			return n, false
		}
		n = next
	}
	return n, true
}

// step makes a name a step of a JSON pointer (RFC 6901).
func step(name string) string {
	return "/" + strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

// describe names what was found, for "must be text, not a list".
func (n *node) describe() string {
	switch n.kind {
	case truth:
		return n.text
	case number:
		return "the number " + quotedNumber(n.text)
	case text:
		return "text"
	case list:
		return "a list"
	case object:
		return "an object"
	default:
		return "null"
	}
}

func quotedNumber(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
