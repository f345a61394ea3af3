package jsonast

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// str parses a string. problem is a problem with the content; err is a syntax error.
func (p *jsonParser) str() (s, problem string, err error) {
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
			return "", "", p.syntaxError("this string has no closing quote")
		case p.data[p.pos] == '"':
			p.pos++
			return b.String(), problem, p.Budget.Spend(0, b.Len())
		case p.data[p.pos] != '\\':
			return "", "", p.syntaxError("the control character U+%04X must be escaped (a line break as \\n, a tab as \\t)", p.data[p.pos])
		}
		r, err := p.escape()
		if err != nil {
			return "", "", err
		}
		if utf16.IsSurrogate(r) {
			if problem == "" {
				problem = fmt.Sprintf("\\u%04x is half of a character; its other half is missing", r)
			}
			r = utf8.RuneError
		}
		if r == 0 && problem == "" {
			problem = nulProblem
		}
		b.WriteRune(r)
	}
}

// shortEscape returns the character for a single-character escape.
func shortEscape(c byte) (rune, bool) {
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 && c != 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), true
	}
	return 0, false
}

// escape parses an escape, including both halves of a surrogate pair. An unpaired half is
// returned as it is.
func (p *jsonParser) escape() (rune, error) {
	p.pos++
	c := p.peek()
	if r, ok := shortEscape(c); ok {
		p.pos++
		return r, nil
	}
	if c != 'u' {
		return 0, p.syntaxError("there is no escape \\ followed by %s", p.describeNext())
	}
	p.pos++
	high, ok := p.hex4()
	if !ok {
		return 0, p.syntaxError("expected four hexadecimal digits after \\u")
	}
	if utf16.IsSurrogate(high) && p.peek() == '\\' && p.pos+1 < len(p.data) && p.data[p.pos+1] == 'u' {
		start := p.pos
		p.pos += 2
		low, ok := p.hex4()
		if r := utf16.DecodeRune(high, low); ok && r != utf8.RuneError {
			return r, nil
		}
		p.pos = start
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
