// Package problem converts errors into problem details (RFC 9457). One table maps each
// kind of fault to its status. The text of internal errors is never disclosed.
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

// Problem is the body of an error response (RFC 9457, section 3).
type Problem struct {
	// Type is "/problems/" followed by the code.
	Type string `json:"type"`
	// Title is the same for every problem with the same status.
	Title  string `json:"title"`
	Status int    `json:"status"`
	// Detail is a sentence for the user: what happened and what to do.
	Detail string `json:"detail"`
	// Code is a stable, machine-readable name in snake_case.
	Code string `json:"code"`
	// RequestID identifies the request in the log.
	RequestID string `json:"request_id,omitempty"`
	// Errors locate the faults in the submitted content.
	Errors []fault.Field `json:"errors,omitempty"`
	// Current is the current state of the object if another change was made first.
	Current any `json:"current,omitempty"`
	// Submitted is the submitted content as parsed, so that it is not lost if it was refused as
	// stale.
	Submitted any `json:"yours,omitempty"`
	// Plan is the plan of a refused import, with the result for each object.
	Plan any `json:"plan,omitempty"`

	// RetryAfter is the value of the Retry-After header in seconds; 0 means no header.
	RetryAfter int `json:"-"`
}

// row defines the response to one kind of fault.
type row struct {
	kind   fault.Kind
	status int
	// code is used for faults without a code.
	code  string
	title string
	// retryAfter is in seconds.
	retryAfter int
}

// table has one row for each kind of fault.
var table = []row{
	{fault.Malformed, http.StatusBadRequest, "malformed", "The request could not be read", 0},
	{fault.Unauthenticated, http.StatusUnauthorized, "unauthenticated", "Not signed in", 0},
	{fault.Forbidden, http.StatusForbidden, "forbidden", "Not allowed", 0},
	{fault.NotFound, http.StatusNotFound, "not_found", "Not found", 0},
	{fault.Conflict, http.StatusConflict, "conflict", "Conflict", 0},
	{fault.Stale, http.StatusPreconditionFailed, "version_conflict", "Changed by someone else", 0},
	{fault.TooLarge, http.StatusRequestEntityTooLarge, "too_large", "Too large", 0},
	{fault.Unsupported, http.StatusUnsupportedMediaType, "unsupported_media_type", "Unsupported media type", 0},
	{fault.Invalid, http.StatusUnprocessableEntity, "invalid", "Validation failed", 0},
	{fault.PreconditionRequired, http.StatusPreconditionRequired, "precondition_required", "Precondition required", 0},
	{fault.Exhausted, http.StatusTooManyRequests, "too_many_attempts", "Too many attempts", 60},
	{fault.Internal, http.StatusInternalServerError, "internal", "Something went wrong", 0},
	{fault.Unavailable, http.StatusServiceUnavailable, "unavailable", "Try again soon", 2},
}

// FromError converts an error into a Problem. Internal faults, and errors that are not faults,
// disclose nothing of their text. An exceeded deadline or a canceled context is
// Unavailable.
func FromError(err error) Problem {
	f, ok := fault.As(err)
	switch {
	case ok && f.Kind != fault.Internal:
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		f = fault.New(fault.Unavailable, "deadline", "The request timed out; no partial changes were made. Try again soon")
	default:
		f = fault.New(fault.Internal, "internal", "Something went wrong on our side; it has been logged. No partial changes were made")
	}
	r := rowFor(f.Kind)
	code := f.Code
	if code == "" {
		code = r.code
	}
	return Problem{
		Type: "/problems/" + code, Title: r.title, Status: r.status, Detail: f.Message, Code: code,
		Errors: f.Fields, Current: f.Current, RetryAfter: r.retryAfter,
	}
}

func rowFor(kind fault.Kind) row {
	for _, r := range table {
		if r.kind == kind {
			return r
		}
	}
	return rowFor(fault.Internal)
}

// New returns a Problem about HTTP itself, such as 405, which is neither an internal error
// nor a fault in the content.
func New(status int, code, detail string) Problem {
	return Problem{Type: "/problems/" + code, Title: http.StatusText(status), Status: status, Detail: detail, Code: code}
}

// JSON returns the body of the response.
func (p Problem) JSON() []byte {
	b, err := json.Marshal(p)
	if err != nil {
		// Only the attached values can fail to encode; the problem itself cannot.
		p.Current, p.Submitted, p.Plan = nil, nil, nil
		b, _ = json.Marshal(p)
	}
	return append(b, '\n')
}
