// Command admin is the program for admins and operators. `admin serve` serves the API and
// the pages. The other commands do the same things from the command line, through the same
// functions.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"orgmodes/internal/config"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
	"orgmodes/internal/process"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
	// exitDiffers is the exit code of a dry run that would change something.
	exitDiffers = 3
)

func main() { os.Exit(run(os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)) }

// run runs the program and returns its exit code. kinds are registered in addition to the
// kinds of every library.
func run(args, environ []string, stdin io.Reader, stdout io.Writer, stderr *os.File, kinds ...postgres.Decoder) int {
	messages := &escaper{w: stderr}
	stdout = escapeIfTerminal(stdout)
	c := &cli{environ: environ, stdin: stdin, stdout: stdout, stderr: stderr, messages: messages, kinds: kinds}
	root := c.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(messages)
	// serve stops this and handles signals itself, to drain.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	c.stopSignals = stop

	cmd, err := root.ExecuteContextC(ctx)
	var settings config.Problems
	var usageErr usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errReported):
		return exitFailed
	case errors.Is(err, errDiffers):
		return exitDiffers
	case errors.As(err, &settings):
		fmt.Fprintln(messages, err)
		return exitUsage
	case !c.started, errors.As(err, &usageErr):
		fmt.Fprintf(messages, "%s: %s\nSee `%s --help`.\n", cmd.CommandPath(), err, cmd.CommandPath())
		return exitUsage
	default:
		fmt.Fprintln(messages, "admin: "+c.message(err))
		return exitFailed
	}
}

// message formats err for the operator, who is allowed to see internal errors. Passwords
// are redacted.
func (c *cli) message(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted by a signal; no partial changes were made"
	case postgres.IsUnavailable(err) && !errors.Is(err, errConnection):
		return "lost the connection to Postgres: " + process.Redact(err.Error())
	}
	if f, ok := fault.As(err); ok && f.Kind != fault.Internal {
		return faultMessage(f)
	}
	return process.Redact(err.Error())
}

// faultMessage formats a fault and its details as one sentence. It removes the final period
// of the message, and a position in the message that the details repeat.
func faultMessage(f *fault.Error) string {
	if len(f.Fields) == 0 {
		return f.Message
	}
	message := f.Message
	if f.Fields[0].Line > 0 {
		message, _, _ = strings.Cut(message, " (line ")
	}
	return strings.TrimSuffix(message, ".") + strings.TrimPrefix(f.Error(), f.Message)
}
