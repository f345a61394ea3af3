// Package storetest gives tests a real Postgres and a real Redis: a migrated, dedicated
// database for each test, and a Redis that a test can kill, empty and pause. It knows our
// schema; no program that we ship links it.
//
// `make test` starts one Postgres for all packages and passes these variables:
//
//	ORGMODES_TEST_POSTGRES_URL  a superuser's URL of a server
//	ORGMODES_REDIS_SERVER       the path of a redis-server, and
//	ORGMODES_REDIS_LD_PATH      its LD_LIBRARY_PATH
//	ORGMODES_TEST_PROGRAMS      a directory with our programs, built from this tree
//	ORGMODES_SKIPS_FILE         the file that lists skipped tests
//
// A plain `go test ./internal/x` starts its own, once per package. Packages that use this
// one stop it in their TestMain:
//
//	func TestMain(m *testing.M) { storetest.Main(m) }
package storetest

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"orgmodes/internal/devstack/leaktest"

	"go.uber.org/goleak"
)

var atEnd []func() error

// AtEnd registers a function that Main calls after the tests, before it looks for leaked
// goroutines. It is for resources that a package's tests share. Call it before Main.
func AtEnd(stop func() error) { atEnd = append(atEnd, stop) }

// Main runs a package's tests, stops the stores that were started for them, and fails if a
// goroutine is left over. It exits the process. The options are goleak's, for goroutines
// that a package knowingly leaves running.
func Main(m *testing.M, options ...goleak.Option) {
	code := m.Run()
	for _, stop := range append(atEnd, stop) {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, "storetest:", err)
			code = max(code, 1)
		}
	}
	if code == 0 {
		if err := leaktest.Find(options...); err != nil {
			fmt.Fprintln(os.Stderr, "storetest: goroutines left over after the tests:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// WaitTimeout bounds each wait of a test for an event. It is far longer than any event takes
// on a busy machine, so that only a failing test reaches it. ORGMODES_TEST_PATIENCE, a
// duration, shortens it for tests that are meant to fail (make mutants).
var WaitTimeout = waitTimeout()

func waitTimeout() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("ORGMODES_TEST_PATIENCE")); err == nil {
		return d
	}
	return 5 * time.Minute
}

func withWaitTimeout() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), WaitTimeout)
}

func logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "storetest: "+format+"\n", args...)
}
