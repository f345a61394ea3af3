package api

import "orgmodes/internal/problem"

// Problem converts the non-nil error of a handler into problem details (RFC 9457): the status
// and the body of the response that Fail writes, except for the RequestID. It writes and
// logs nothing, so that pages can show the failure as HTML.
//
// It extends problem.FromError. An error of Fiber keeps its status, such as 404 or 405. A
// database that can't be reached is status 503. The problem of a stale or conflicting change
// includes the submitted content, and that of a rejected import its plan.
func Problem(err error) problem.Problem { return problemOf(err) }
