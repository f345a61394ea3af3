// Package problem converts errors into problem details (RFC 9457). One table maps each
// kind of fault to its HTTP status. The text of internal errors is never exposed.
package problem

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"orgmodes/internal/fault"
)

// ContentType is the media type of a Problem, for the Content-Type header.
const ContentType = "application/problem+json"

// Problem is the body of an error response (RFC 9457, section 3).
type Problem struct {
	// Type is "/problems/" followed by Code.
	Type string `json:"type"`
	// Title is a short summary of the kind of problem. It depends on Status, and for some
	// problems on Code.
	Title string `json:"title"`
	// Status is the HTTP status code.
	Status int `json:"status"`
	// Detail is a sentence for the user: what happened and what to do.
	Detail string `json:"detail"`
	// Code is a stable, machine-readable name in snake_case.
	Code string `json:"code"`
	// RequestID identifies the request in the log. The code that responds sets it.
	RequestID string `json:"request_id,omitempty"`
	// Errors locate the faults in the submitted content, if that is at fault.
	Errors []fault.Field `json:"errors,omitempty"`
	// Current is the current state of the objects that a stale or conflicting change
	// concerns, so that the client can retry without reading them again. It can be nil.
	Current any `json:"current,omitempty"`
	// Submitted is the submitted content as parsed, so that the user does not lose it when
	// the change is rejected as stale or conflicting. It can be nil.
	Submitted any `json:"yours,omitempty"`
	// Plan describes an import that was rejected as a whole: the outcome for each object, as
	// in the response to a dry run. It is nil for any other problem.
	Plan any `json:"plan,omitempty"`

	// RetryAfter is the value of the Retry-After header in seconds; 0 means no header. The
	// code that responds sets the header.
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

// FromError converts a non-nil error into a Problem. It does not expose the text of
// internal faults or of errors that are not faults. An error of a context that was canceled
// or whose deadline passed yields status 503; any other error that is not a fault, 500.
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

// New returns a Problem for an HTTP-level condition, such as 405, that is neither an
// internal error nor a fault in the content. detail is a sentence for the user.
func New(status int, code, detail string) Problem {
	return Problem{Type: "/problems/" + code, Title: http.StatusText(status), Status: status, Detail: detail, Code: code}
}

// JSON encodes p as the body of a response. If Current, Submitted or Plan cannot be
// encoded, it leaves out all three.
func (p Problem) JSON() []byte {
	b, err := json.Marshal(p)
	if err != nil {
		// Only the attached values can fail to encode; the problem itself cannot.
		p.Current, p.Submitted, p.Plan = nil, nil, nil
		b, _ = json.Marshal(p)
	}
	return append(b, '\n')
}
