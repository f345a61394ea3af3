// Command worker publishes the changes of admins. It reads Postgres, writes Redis, and
// serves only its private port.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"orgmodes/internal/config"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/process"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/worker"
)

// drainTime bounds how long running jobs can take after a signal.
const drainTime = 20 * time.Second

func main() { os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr)) }

// run runs the program and returns its exit code: 0 for success, 1 for a failure, 2 for
// invalid arguments or settings.
func run(args, environ []string, stdout io.Writer, stderr *os.File) int {
	switch {
	case len(args) == 1 && (args[0] == "--help" || args[0] == "-h"):
		fmt.Fprint(stdout, usage)
		return 0
	case len(args) == 1 && args[0] == "--version":
		b := process.BuildOf()
		fmt.Fprintf(stdout, "orgmodes worker %s %s %s\n", b.Version, b.Revision, b.Go)
		return 0
	case len(args) > 0:
		fmt.Fprintf(stderr, "worker takes no arguments, but got %q; settings are read from environment variables\n\n%s", args[0], usage)
		return 2
	}
	s, err := config.LoadFrom[settings](environ)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	log, err := process.NewLogger(stderr, s.LogLevel, s.LogFormat)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	builtins, err := s.builtins()
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	ctx, stop := process.Signals(context.Background(), log, drainTime)
	defer stop()
	if err := work(ctx, log, &s, builtins); err != nil {
		log.Error("exited", "error", process.Redact(err.Error()))
		return 1
	}
	return 0
}

// work runs until ctx is done.
func work(ctx context.Context, log *slog.Logger, s *settings, builtins []modes.Mode) error {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 { // GOMEMLIMIT is not set
		debug.SetMemoryLimit(worker.MemoryLimit)
	}
	db, err := postgres.Open(ctx, string(s.DatabaseURL))
	if err != nil {
		return err
	}
	defer db.Close()
	redis, err := pubstore.Open(string(s.RedisURL), pubstore.Options{
		Prefix: s.RedisPrefix, Timeout: worker.RedisTimeout, MaxAge: worker.ConnectionAge,
	})
	if err != nil {
		return err
	}
	defer func() { _ = redis.Close() }()

	metrics := worker.NewMetrics()
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := process.RegisterBuild(registry); err != nil {
		return err
	}
	w := worker.New(worker.Config{DB: db, Redis: redis, Log: log, Builtins: builtins, Concurrency: s.Concurrency, Metrics: metrics})
	health := process.Health{
		Started: func() error {
			if !w.Ready() {
				return errors.New("not processing jobs (yet); see the log")
			}
			return nil
		},
		Ready: func() error {
			_, err := w.Health()
			return errors.Join(err, db.Health())
		},
		Note: func() string { note, _ := w.Health(); return note },
	}
	private, err := process.ServePrivate(log, string(s.PrivateListen), health, registry)
	if err != nil {
		return err
	}
	defer func() { _ = private.Close() }()

	// Redis is not waited for. Changes made while it is unavailable are published once it
	// is back.
	err = process.Retry(ctx, log, "Postgres at "+postgres.Address(string(s.DatabaseURL)), db.Ping)
	if err != nil {
		if ctx.Err() != nil {
			return nil // stopped while waiting
		}
		return err
	}
	watching, stopWatching := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWatching()
	go db.WatchHealth(watching, log)
	log.Info("started", "private", private.Addr())
	return w.Run(ctx)
}
