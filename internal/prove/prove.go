// Package prove separates the tests that `make test` runs from the long ones,
// which only `make prove` runs.
package prove

import (
	"os"
	"testing"

	"pgregory.net/rapid"
)

// enableVariable is the environment variable that enables the long tests; `make prove` sets it
// to 1.
const enableVariable = "ORGMODES_PROVE"

// Enabled reports whether the long tests are enabled.
func Enabled() bool { return os.Getenv(enableVariable) == "1" }

// Long skips the test unless the long tests are enabled. Call it before the test starts
// anything.
func Long(t testing.TB) {
	t.Helper()
	if !Enabled() {
		t.Skip("runs in make prove")
	}
}

// Property is rapid.Check for a property that takes long. Unless the long tests are
// enabled, it runs only the first short checks.
func Property(t *testing.T, short int, check func(*rapid.T)) {
	t.Helper()
	runs, failed := 0, false
	rapid.Check(t, func(rt *rapid.T) {
		if runs++; runs > short && !failed && !Enabled() {
			return
		}
		passed := false
		defer func() { failed = failed || !passed || rt.Failed() }() // rapid repeats and shrinks a failure
		check(rt)
		passed = true
	})
}
