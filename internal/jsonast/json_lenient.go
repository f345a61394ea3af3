package jsonast

import (
	"bytes"
	"fmt"
	"strings"
)

// Common syntax that JSON doesn't have: comments, and commas before a closing bracket.

// TrailingComma is a comma before a closing bracket.
type TrailingComma struct {
	Closing      byte
	Line, Column int
}

// String returns the message for the comma.
func (c TrailingComma) String() string {
	return fmt.Sprintf("JSON has no comma before a closing %c", c.Closing)
}

// unexpected returns an error with the expected syntax and the next character. A comment is
// reported as a comment, not as a slash.
func (p *jsonParser) unexpected(expected string) error {
	if !startsComment(p.data[p.pos:]) {
		return p.syntaxError("%s, found %s", expected, p.describeNext())
	}
	p.FailedAtComment = true
	if p.SuggestYAML {
		return p.syntaxError("JSON has no comments: remove this one, or save the file as YAML, where a comment begins with #")
	}
	return p.syntaxError("JSON has no comments: remove this one")
}

func startsComment(s []byte) bool {
	return len(s) > 1 && s[0] == '/' && (s[1] == '/' || s[1] == '*')
}

// comma consumes a comma. last reports whether the closing bracket followed, which is consumed,
// too.
func (p *jsonParser) comma(closing byte) (last bool, err error) {
	line, column := p.position()
	p.pos++
	p.skipSpace()
	if p.peek() != closing {
		return false, nil
	}
	c := TrailingComma{closing, line, column}
	if !p.Lenient {
		detail := c.String() + ": remove it"
		if p.SuggestYAML {
			detail += ", or save the file as YAML"
		}
		return false, newSyntaxError(detail, line, column)
	}
	if p.TrailingCommas++; p.TrailingCommas == 1 {
		p.FirstTrailingComma = c
	}
	p.pos++
	return true, nil
}

// LooksLikeJSON reports whether a text is meant as JSON. Its first character opens an object or
// a list. The next is a quote, a bracket or brace, or the end. Comments are skipped.
func LooksLikeJSON(data []byte) bool {
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
