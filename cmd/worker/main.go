// Command worker publishes the changes of admins. It reads Postgres, writes Redis, and
// serves only its private port.
package main

import (
	"context"
	"errors"
	"fmt"
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

func main() { os.Exit(program.Main(os.Args[1:], os.Environ(), os.Stdout, os.Stderr)) }

var program = process.Program[settings]{
	Name: "worker", Usage: usage, Log: func(s *settings) config.Log { return s.Log },
	Prepare: func(log *slog.Logger, s *settings) (process.Work, error) {
		builtins, err := s.builtins()
		if err != nil {
			return process.Work{}, err
		}
		return process.Work{
			Run:   func(ctx context.Context) error { return work(ctx, log, s, builtins) },
			Drain: drainTime,
		}, nil
	},
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
	redis, err := pubstore.Open(string(s.Redis.URL), pubstore.Options{
		Prefix: s.Redis.Prefix, Timeout: worker.RedisTimeout, MaxAge: worker.ConnectionAge,
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
	hosts, err := config.ParseHosts(s.PrivateHosts)
	if err != nil {
		return fmt.Errorf("PRIVATE_HOSTS: %w", err)
	}
	private, err := process.ServePrivate(log, string(s.PrivateListen), hosts, health, registry)
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
