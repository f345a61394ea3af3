// Package fault defines the failures that a caller can act on: their kind, the message for
// the user, and the fields at fault. It imports no other package of this module and is
// independent of HTTP and SQL.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind tells what the caller can do about a failure. Any error that is not an *Error is
// Internal: a fault of the program, logged once at the edge.
type Kind uint8

const (
	// Internal means that the caller cannot act on the failure.
	Internal Kind = iota
	// Invalid means that the content was understood but breaks a rule; Fields tell where.
	Invalid
	// Malformed means that the request could not be parsed: invalid JSON or YAML, or an
	// invalid id.
	Malformed
	// NotFound means that the object does not exist or is not the caller's. Both cases get
	// the same answer.
	NotFound
	// Conflict means a collision with an existing object, such as one with the same slug.
	Conflict
	// Stale means that the object changed since the caller read it. Current holds its
	// current state.
	Stale
	// PreconditionRequired means that the caller must name the version that it expects.
	PreconditionRequired
	// Unauthenticated means that the caller is not authenticated.
	Unauthenticated
	// Forbidden means that the caller is authenticated but not allowed to do this.
	Forbidden
	// TooLarge means that the content exceeds a limit that the message names.
	TooLarge
	// Unsupported means that the media type or content coding is not accepted.
	Unsupported
	// Exhausted means too many attempts; retry later.
	Exhausted
	// Unavailable means that a backend is unreachable; retry soon.
	Unavailable
)

// Field locates one fault in the submitted content.
type Field struct {
	// Pointer is an RFC 6901 JSON pointer into the content, such as
	// "/config/groups/1/1/fileRegex"; empty means the whole content.
	Pointer string `json:"pointer"`
	// Detail explains the fault and the expected value.
	Detail string `json:"detail"`
	// Line and Column are 1-based positions in the submitted text; 0 if unknown.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
}

// Error is a failure that the caller can act on.
type Error struct {
	Kind Kind
	// Code is a stable, machine-readable name in snake_case ("slug_taken"). It becomes the
	// last part of the problem type.
	Code string
	// Message is a sentence for the user: what happened and what to do.
	Message string
	// Fields locate the faults in the submitted content.
	Fields []Field
	// Current is the current state of the object if Kind is Stale or Conflict. With it, the
	// loser of a race can continue without another request.
	Current any
	// Err is the cause. It is logged but never shown.
	Err error
}

// Error returns the message, followed by the details of Fields with their locations.
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

// New returns an error of a kind with a stable code and a formatted message.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// With returns a copy of e with fields added.
func (e *Error) With(fields ...Field) *Error {
	c := *e
	c.Fields = append(append([]Field(nil), e.Fields...), fields...)
	return &c
}

// WithCause returns a copy of e with err as its cause.
func (e *Error) WithCause(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

// As returns the first *Error in err's chain, and reports whether there is one.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// Is reports whether err is a fault of the kind. An error that is not an *Error counts as
// Internal; a nil error has no kind.
func Is(err error, kind Kind) bool {
	if err == nil {
		return false
	}
	if e, ok := As(err); ok {
		return e.Kind == kind
	}
	return kind == Internal
}
