// Package fault knows the failures that a caller may act on: what kind it is,
// what to tell the person, and which fields are to blame. It imports nothing of
// ours and knows neither HTTP nor SQL.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what the caller can do about a failure. Anything that is not an
// *Error is Internal: ours to fix, logged once at the edge.
type Kind uint8

const (
	// Internal is a failure that the caller can't act on.
	Internal Kind = iota
	// Invalid means that the content was understood and breaks a rule; Fields
	// say where.
	Invalid
	// Malformed means that the request could not be read at all: not JSON, not
	// YAML, an id that isn't one.
	Malformed
	// NotFound means that it isn't there, or isn't yours: the same answer.
	NotFound
	// Conflict means that it collides with something that exists (a slug).
	Conflict
	// Stale means that it was changed since the caller looked; Current holds
	// what it is now.
	Stale
	// PreconditionRequired means that the caller has to say which version it saw.
	PreconditionRequired
	// Unauthenticated means that we don't know who asks.
	Unauthenticated
	// Forbidden means that we know who asks, and that the role does not allow it.
	Forbidden
	// TooLarge means that the content is beyond a limit that the message names.
	TooLarge
	// Unsupported means a media type or content coding that we don't take.
	Unsupported
	// Exhausted means too many attempts; try again later.
	Exhausted
	// Unavailable means that something behind us is away; try again soon.
	Unavailable
)

// Field blames one place in what was sent.
type Field struct {
	// Pointer is an RFC 6901 JSON pointer into the content, such as
	// "/config/groups/1/1/fileRegex"; empty means the whole.
	Pointer string `json:"pointer"`
	// Detail says what is wrong and what would be right.
	Detail string `json:"detail"`
	// Line and Column are 1-based positions in the text that was sent; 0 where
	// there is none.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
}

// Error is a failure that the caller may act on.
type Error struct {
	Kind Kind
	// Code is a stable name for programs, in snake_case ("slug_taken"). It
	// becomes the last part of the problem type.
	Code string
	// Message is a sentence for a person: what happened, what to do.
	Message string
	// Fields blame places in what was sent.
	Fields []Field
	// Current is what the thing is now, where Kind is Stale or Conflict, so
	// that the loser of a race can go on without asking again.
	Current any
	// Err is the cause; it is logged, never shown.
	Err error
}

// Error returns the message, with the places that it blames.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	for i, f := range e.Fields {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString("; ")
		}
		if f.Line > 0 {
			fmt.Fprintf(&b, "line %d, column %d: ", f.Line, f.Column)
		}
		if f.Pointer != "" {
			b.WriteString(f.Pointer)
			b.WriteString(": ")
		}
		b.WriteString(f.Detail)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error of a kind with a stable code and a message.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// With returns a copy of e that blames the given fields too.
func (e *Error) With(fields ...Field) *Error {
	c := *e
	c.Fields = append(append([]Field(nil), e.Fields...), fields...)
	return &c
}

// Because returns a copy of e that remembers its cause.
func (e *Error) Because(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

// As returns the *Error in err's chain, and whether there is one.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// Is reports whether err is a fault of the kind. Errors that are no faults are
// Internal.
func Is(err error, kind Kind) bool {
	if err == nil {
		return false
	}
	if e, ok := As(err); ok {
		return e.Kind == kind
	}
	return kind == Internal
}
