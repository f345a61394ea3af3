package api

import "orgmodes/internal/problem"

// Problem returns the problem with which Fail would respond, without its RequestID. Pages
// use it to show a failure as HTML. Unlike problem.FromError, it also covers errors of
// Fiber, a database that can't be reached, and content that was submitted in vain.
func Problem(err error) problem.Problem { return problemOf(err) }
