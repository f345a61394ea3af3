package api

import "orgmodes/internal/problem"

// Problem is what Fail answers to a failure, for pages that say it in their own
// way.
func Problem(err error) problem.Problem { return problemOf(err) }
