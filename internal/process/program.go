package process

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"orgmodes/internal/config"
)

// Program is a program that takes its settings T from the environment, no arguments but
// --help and --version, and runs until a signal.
type Program[T any] struct {
	Name  string
	Usage string // for --help; the settings follow
	Log   func(*T) config.Log
	// Prepare returns the work that the settings describe. Its errors are problems with the
	// settings. It must not wait for anything outside of the process.
	Prepare func(*slog.Logger, *T) (Work, error)
}

// Work is the work of a prepared program.
type Work struct {
	// Run returns when its context is done and everything has been shut down, or on a failure.
	Run func(context.Context) error
	// Drain bounds how long Run can take once its context is done; see Signals.
	Drain time.Duration
	// Close releases what Prepare opened. It may be nil.
	Close func()
}

// Main runs the program and returns its exit code: 0 for success, 1 for a failure, 2 for
// invalid arguments or settings.
func (p Program[T]) Main(args, environ []string, stdout io.Writer, stderr *os.File) int {
	switch {
	case len(args) == 1 && (args[0] == "--help" || args[0] == "-h"):
		fmt.Fprint(stdout, p.help())
		return 0
	case len(args) == 1 && args[0] == "--version":
		b := BuildInfo()
		fmt.Fprintf(stdout, "orgmodes %s %s %s %s\n", p.Name, b.Version, b.Revision, b.Go)
		return 0
	case len(args) > 0:
		fmt.Fprintf(stderr, "%s takes no arguments, but got %q; settings are read from environment variables\n\n%s", p.Name, args[0], p.help())
		return 2
	}
	s, err := config.LoadFrom[T](environ)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	logger := p.Log(&s)
	log, err := NewLogger(stderr, logger.Level, logger.Format)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	WarnDeprecated[T](log, environ)
	work, err := p.Prepare(log, &s)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	if work.Close != nil {
		defer work.Close()
	}
	ctx, stop := Signals(context.Background(), log, work.Drain)
	defer stop()
	if err := work.Run(ctx); err != nil {
		log.Error("exited", "error", Redact(err.Error()))
		return 1
	}
	return 0
}

func (p Program[T]) help() string { return p.Usage + "\n" + config.Help[T]() }

// WarnDeprecated logs a warning for each variable of T that environ sets under its old name.
func WarnDeprecated[T any](log *slog.Logger, environ []string) {
	for _, r := range config.Deprecated[T](environ) {
		log.Warn("deprecated setting: the next release ignores it", "setting", r.Old, "use", r.New)
	}
}
