// Command local runs the whole product on this machine. `local up` starts everything; it is
// the command behind `make run`. `local test -- COMMAND` runs a command with a Postgres and
// a Redis for tests. `local database -- COMMAND` runs one with a migrated database. It is
// for development and is not shipped.
//
//	make ──> local ──> postgres        everything below local ends with it,
//	           ├─────> redis-server    and local ends with make: each has asked
//	           ├─────> bin/worker      the kernel for a signal at its parent's
//	           ├─────> bin/reader      death
//	           └─────> bin/admin
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage:
  local up                     start everything, with sample content
  local test -- COMMAND...     run a command with stores for tests
  local database -- COMMAND... run a command with a migrated database in
                               SQLC_DATABASE_URL
`

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		first := <-signals
		cancel(signalError{first})
		// A second signal exits at once: the kernel ends the children.
		<-signals
		os.Exit(1)
	}()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	if errFollowParent != nil {
		fmt.Fprintln(os.Stderr, "local:", errFollowParent)
		return 1
	}
	var code int
	var err error
	switch {
	case len(args) == 1 && args[0] == "up":
		err = up(ctx)
	case len(args) > 2 && args[0] == "test" && args[1] == "--":
		code, err = withStores(ctx, args[2:])
	case len(args) > 2 && args[0] == "database" && args[1] == "--":
		code, err = withDatabase(ctx, args[2:])
	default:
		fmt.Fprint(os.Stderr, usage)
		return 2
	}
	var s signalError
	if errors.As(err, &s) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "\nlocal:", err)
		return max(code, 1)
	}
	return code
}

// signalError is the cancellation cause after a signal such as Ctrl-C.
type signalError struct{ os.Signal }

func (s signalError) Error() string { return "ended by signal: " + s.String() }

func logf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
