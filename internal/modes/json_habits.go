package modes

import (
	"bytes"
	"fmt"
	"strings"

	"orgmodes/internal/fault"
)

// What people write into JSON although it has neither: comments, and commas
// before a closing bracket.

// unexpected says what was expected at the next character, and what is there. A
// comment is told as what it is, not as a slash.
func (p *jsonParser) unexpected(expected string) error {
	if startsComment(p.data[p.pos:]) {
		p.commented = true
		return p.broken("JSON has no comments: remove this one, or save the file as YAML, where a comment begins with #")
	}
	return p.broken("%s, found %s", expected, p.found())
}

func startsComment(s []byte) bool {
	return len(s) > 1 && s[0] == '/' && (s[1] == '/' || s[1] == '*')
}

// comma reads a comma; last reports that only the closing bracket followed, which
// is read too.
func (p *jsonParser) comma(closing byte) (last bool, err error) {
	line, column := p.here()
	p.pos++
	p.space()
	if p.peek() != closing {
		return false, nil
	}
	what := fmt.Sprintf("JSON has no comma before a closing %c", closing)
	if !p.lenient {
		return false, malformed("malformed_json", "This is not valid JSON", what+": remove it, or save the file as YAML", line, column)
	}
	if p.commas++; p.commas == 1 {
		p.firstComma = Notice{
			Detail: what + ": editors pass over it, and so do we, but other programs refuse such a file; remove it, or save the file as YAML",
			Line:   line, Column: column,
		}
	}
	p.pos++
	return true, nil
}

// notices says once, and how often, what was passed over.
func (p *jsonParser) notices() []Notice {
	if p.commas == 0 {
		return nil
	}
	n := p.firstComma
	if p.commas > 1 {
		n.Detail += fmt.Sprintf(" (there are %d of them)", p.commas)
	}
	return []Notice{n}
}

// looksLikeJSON tells whether a text is meant as JSON: its first character opens an
// object or a list, and the next a quoted name, an object or the end, comments
// aside.
func looksLikeJSON(data []byte) bool {
	t := skipComments(data[:min(len(data), 4096)])
	if len(t) == 0 || t[0] != '{' && t[0] != '[' {
		return false
	}
	t = skipComments(t[1:])
	return len(t) == 0 || strings.IndexByte(`"{}[]`, t[0]) >= 0
}

func skipComments(s []byte) []byte {
	for {
		s = bytes.TrimLeft(s, " \t\r\n")
		if !startsComment(s) {
			return s
		}
		end := "\n"
		if s[1] == '*' {
			end = "*/"
		}
		_, s, _ = bytes.Cut(s[2:], []byte(end))
	}
}

// notJSON reports whether err means that a text is not JSON at all, rather than
// JSON that we don't take.
func notJSON(err error) bool {
	e, ok := fault.As(err)
	return ok && e.Code == "malformed_json"
}
