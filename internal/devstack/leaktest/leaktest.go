// Package leaktest finds goroutines that a package's tests leave running.
package leaktest

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// leakTimeout is how long goroutines that were told to end can take. On a busy machine they
// need more than goleak's half second.
const leakTimeout = time.Minute

// Main runs the tests of a package, for its TestMain, and exits the process. It fails if
// goroutines are left over. The options are goleak's.
func Main(m *testing.M, options ...goleak.Option) {
	code := m.Run()
	if code == 0 {
		if err := Find(options...); err != nil {
			fmt.Fprintln(os.Stderr, "goroutines left over after the tests:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// Find returns an error if goroutines are left over and don't end within a minute.
func Find(options ...goleak.Option) error {
	for deadline := time.Now().Add(leakTimeout); ; {
		if err := goleak.Find(options...); err == nil || time.Now().After(deadline) {
			return err
		}
	}
}
