// Package storetest gives tests a real Postgres and a real Redis: a migrated
// database of its own for each test, and a Redis that a test may kill, empty
// and pause. It knows our schema; no program that we ship links it.
//
// `make test` starts one Postgres for all packages and says where it is:
//
//	ORGMODES_TEST_POSTGRES_URL  a superuser's address of a server
//	ORGMODES_REDIS_SERVER       the path of a redis-server, and
//	ORGMODES_REDIS_LD_PATH      what it needs as LD_LIBRARY_PATH
//	ORGMODES_TEST_PROGRAMS      a folder with our programs, built from this tree
//	ORGMODES_SKIPS_FILE         where tests that had to be skipped are counted
//
// A plain `go test ./internal/x` starts its own, once per package. Packages
// that use this one end it in their TestMain:
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

// AtEnd has Main call stop after the tests, before it looks for goroutines that
// are left over. It is for what a package's tests share; call it before Main.
func AtEnd(stop func() error) { atEnd = append(atEnd, stop) }

// Main runs a package's tests, ends the stores that were started for them,
// and fails if a goroutine is left over. It exits the process. options are
// goleak's, for what a package knowingly leaves behind.
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

// Patience bounds each wait of a test for an event. It is far more than any
// event takes on a busy machine, so that only a fault reaches it.
// ORGMODES_TEST_PATIENCE, a duration, shortens it for tests that are meant to
// fail (make mutants).
var Patience = patience()

func patience() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("ORGMODES_TEST_PATIENCE")); err == nil {
		return d
	}
	return 5 * time.Minute
}

func withPatience() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), Patience)
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "storetest: "+format+"\n", args...)
}
