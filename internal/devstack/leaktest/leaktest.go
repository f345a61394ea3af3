// Package leaktest finds goroutines that a package's tests have left over.
package leaktest

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long what has been told to end may take: on a busy machine that is
// longer than the half second of goleak's own.
const patience = time.Minute

// Main runs the tests of a package, for its TestMain, and ends the process with a failure
// if goroutines are left over. The options are goleak's.
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

// Find returns an error if goroutines are left over, and stay so.
func Find(options ...goleak.Option) error {
	for deadline := time.Now().Add(patience); ; {
		if err := goleak.Find(options...); err == nil || time.Now().After(deadline) {
			return err
		}
	}
}
