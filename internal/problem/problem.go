// Package problem turns failures into answers as in RFC 9457. It knows which
// kind of failure has which status, in one table, and says nothing to anybody
// that was not meant for them.
package problem

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"orgmodes/internal/fault"
)

// ContentType is the media type of a problem.
const ContentType = "application/problem+json"

// Problem is the body of an answer that is a failure (RFC 9457, section 3).
type Problem struct {
	// Type is "/problems/" and the code.
	Type string `json:"type"`
	// Title is the same for every problem of a status.
	Title  string `json:"title"`
	Status int    `json:"status"`
	// Detail is a sentence for a person: what happened, what to do.
	Detail string `json:"detail"`
	// Code is the stable name for programs, in snake_case.
	Code string `json:"code"`
	// RequestID is what the log knows the request by.
	RequestID string `json:"request_id,omitempty"`
	// Errors blame places in what was sent.
	Errors []fault.Field `json:"errors,omitempty"`
	// Current is what the thing is now, where somebody else was faster.
	Current any `json:"current,omitempty"`
	// Yours is what was sent, as it was understood, so that it isn't lost where
	// it was refused for being late.
	Yours any `json:"yours,omitempty"`
	// Plan is the verdict on each mode of an import that was refused.
	Plan any `json:"plan,omitempty"`

	// RetryAfter is in seconds, 0 for none; it goes into the header.
	RetryAfter int `json:"-"`
}

// row is how one kind of failure is answered.
type row struct {
	kind   fault.Kind
	status int
	// code is that of failures which bring none.
	code  string
	title string
	// retryAfter is in seconds.
	retryAfter int
}

// table is all that is known of kinds and statuses.
var table = []row{
	{fault.Malformed, http.StatusBadRequest, "malformed", "The request could not be read", 0},
	{fault.Unauthenticated, http.StatusUnauthorized, "unauthenticated", "Not signed in", 0},
	{fault.Forbidden, http.StatusForbidden, "forbidden", "Not allowed", 0},
	{fault.NotFound, http.StatusNotFound, "not_found", "Not found", 0},
	{fault.Conflict, http.StatusConflict, "conflict", "Conflict", 0},
	{fault.Stale, http.StatusPreconditionFailed, "version_conflict", "Changed meanwhile", 0},
	{fault.TooLarge, http.StatusRequestEntityTooLarge, "too_large", "Too large", 0},
	{fault.Unsupported, http.StatusUnsupportedMediaType, "unsupported_media_type", "Unsupported media type", 0},
	{fault.Invalid, http.StatusUnprocessableEntity, "invalid", "The content breaks a rule", 0},
	{fault.PreconditionRequired, http.StatusPreconditionRequired, "precondition_required", "The version you saw is missing", 0},
	{fault.Exhausted, http.StatusTooManyRequests, "too_many_attempts", "Too many attempts", 60},
	{fault.Internal, http.StatusInternalServerError, "internal", "Something went wrong here", 0},
	{fault.Unavailable, http.StatusServiceUnavailable, "unavailable", "Try again soon", 2},
}

// Of turns a failure into a Problem. An error that is no fault is internal and
// tells nothing of itself, except that a deadline that ran out is Unavailable.
func Of(err error) Problem {
	f, ok := fault.As(err)
	switch {
	case ok && f.Kind != fault.Internal:
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		f = fault.New(fault.Unavailable, "deadline", "This took too long and was given up; nothing was half-done. Try again soon")
	default:
		f = fault.New(fault.Internal, "internal", "Something went wrong on our side; it has been logged. Nothing was half-done")
	}
	r := rowOf(f.Kind)
	code := f.Code
	if code == "" {
		code = r.code
	}
	return Problem{
		Type: "/problems/" + code, Title: r.title, Status: r.status, Detail: f.Message, Code: code,
		Errors: f.Fields, Current: f.Current, RetryAfter: r.retryAfter,
	}
}

func rowOf(kind fault.Kind) row {
	for _, r := range table {
		if r.kind == kind {
			return r
		}
	}
	return rowOf(fault.Internal)
}

// New makes a Problem that is no failure of ours or anybody's content: of HTTP
// itself, such as 405.
func New(status int, code, detail string) Problem {
	return Problem{Type: "/problems/" + code, Title: http.StatusText(status), Status: status, Detail: detail, Code: code}
}

// JSON is the body of the answer.
func (p Problem) JSON() []byte {
	b, err := json.Marshal(p)
	if err != nil {
		// What can't be written is what was attached: the problem itself can.
		p.Current, p.Yours, p.Plan = nil, nil, nil
		b, _ = json.Marshal(p)
	}
	return append(b, '\n')
}
