package api

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/admin/middleware"
	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/fault"
	"orgmodes/internal/http1"
	"orgmodes/internal/postgres"
	"orgmodes/internal/problem"
	"orgmodes/internal/templates"
)

// conflictError is an error with the content that the client sent, so that nothing is lost.
type conflictError struct {
	error
	yours any
}

func (l conflictError) Unwrap() error { return l.error }

// withConflictBody attaches the content that the client sent to an error of kind Stale or
// Conflict.
func withConflictBody(err error, yours any) error {
	if fault.Is(err, fault.Stale) || fault.Is(err, fault.Conflict) {
		return conflictError{err, yours}
	}
	return err
}

// Fail writes the response for a request that failed with err. The body is the JSON of
// Problem(err) with the request id (RFC 9457). Fail also sets its status and, if it has one,
// the Retry-After header. A failure with a status of 500 or above goes to log, unless it was
// logged where it occurred. The error that Fail returns concerns only writing the response.
func Fail(log *slog.Logger, c *fiber.Ctx, err error) error {
	p := problemOf(err)
	p.RequestID = middleware.ID(c)
	if p.Status >= http.StatusInternalServerError && !middleware.Logged(err) {
		log.Error("request failed", "request_id", p.RequestID, "method", c.Method(), "path", c.Path(), "status", p.Status, "error", err)
	}
	if p.RetryAfter > 0 && len(c.Response().Header.Peek(fiber.HeaderRetryAfter)) == 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(p.RetryAfter))
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentType, problem.ContentType)
	return c.Status(p.Status).Send(p.JSON())
}

func problemOf(err error) problem.Problem {
	var refusal *fiber.Error
	if errors.As(err, &refusal) {
		return protocolProblem(refusal)
	}
	var head *http1.RefusalError
	if errors.As(err, &head) {
		return problem.New(head.Status, head.Code, head.Detail)
	}
	if _, ok := fault.As(err); !ok && postgres.IsUnavailable(err) {
		err = fault.New(fault.Unavailable, "unavailable", "The database can't be reached right now; try again soon").WithCause(err)
	}
	p := problem.FromError(err)
	if current, ok := p.Current.(postgres.ModeOrder); ok {
		p.Current = modeOrder{current.IDs, current.Revision}
	}
	if title := templates.Title(p.Code); title != "" {
		p.Title = title
	}
	if p.Code == CodeWeakIfMatch {
		p.Title = "Precondition failed"
	}
	if errors.As(err, new(malformedError)) {
		p.Status = http.StatusBadRequest
	}
	var l conflictError
	if errors.As(err, &l) {
		p.Submitted = l.yours
	}
	var refused *transfer.RejectedError
	if errors.As(err, &refused) {
		p.Plan = refused.Plan.JSON()
	}
	return p
}

// protocolProblem returns the problem for an error of Fiber itself.
func protocolProblem(e *fiber.Error) problem.Problem {
	switch e.Code {
	case http.StatusNotFound:
		return problem.New(e.Code, "path_unknown", "There is no such path")
	case http.StatusMethodNotAllowed:
		return problem.New(e.Code, "method_not_allowed", "This path does not allow that method; the header Allow lists the allowed ones")
	case http.StatusRequestEntityTooLarge:
		return problem.New(e.Code, "body_too_large", "A request can have at most 10 MiB; split it")
	case http.StatusRequestHeaderFieldsTooLarge:
		return problem.New(e.Code, "headers_too_large", "The request's headers are too large")
	case http.StatusRequestTimeout:
		return problem.New(e.Code, "request_timeout", "The request took too long to arrive")
	}
	if e.Code >= http.StatusBadRequest && e.Code < http.StatusInternalServerError {
		return problem.New(e.Code, "request_malformed", "The request could not be read as HTTP")
	}
	return problem.FromError(e)
}
