package api

import "orgmodes/internal/problem"

// Problem returns the problem that Fail answers with, for pages that present it in
// their own way.
func Problem(err error) problem.Problem { return problemOf(err) }
