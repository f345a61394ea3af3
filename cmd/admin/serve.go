package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"

	"orgmodes/internal/admin"
	"orgmodes/internal/admin/auth"
	"orgmodes/internal/config"
	"orgmodes/internal/listen"
	"orgmodes/internal/postgres"
	"orgmodes/internal/process"
)

// drainTime bounds how long draining takes after a signal.
const drainTime = 20 * time.Second

// shutdownTime is the part of drainTime that open connections get.
const shutdownTime = 5 * time.Second

const (
	// maxConnections is far more than the number of admins of an installation.
	maxConnections = 4096
	// addressShare limits one address to 1/addressShare of all connections.
	addressShare = 8
)

func (c *cli) serve() *cobra.Command {
	return c.run(&cobra.Command{
		Use:   "serve",
		Short: "Serve the pages and the API until SIGTERM or SIGINT",
		Long: `Serves the pages and the API. While Postgres is unavailable at startup, it waits and logs
that, and continues once Postgres is available; /readyz on the private port reports
the state.

` + strings.TrimSuffix(config.Help[settings](), "\n"),
		Example: `  DATABASE_URL=postgres://app@db/orgmodes TOKEN_KEYS_FILE=/run/secrets/token_keys \
  PUBLIC_URL=https://modes.example.com LISTEN=:8080 admin serve`,
	}, func(context.Context, []string) error {
		s, err := config.LoadFrom[settings](c.environ)
		if err != nil {
			return err
		}
		in, err := s.resolve()
		if err != nil {
			return err
		}
		log, err := process.NewLogger(c.stderr, s.Log.Level, s.Log.Format)
		if err != nil {
			return usage("%s", err)
		}
		process.WarnDeprecated[settings](log, c.environ)
		c.stopSignals()
		ctx, stop := process.Signals(context.Background(), log, drainTime)
		defer stop()
		if err := serve(ctx, log, &s, in); err != nil {
			log.Error("exited", "error", process.Redact(err.Error()))
			return errReported
		}
		return nil
	})
}

// serve serves until ctx is done.
func serve(ctx context.Context, log *slog.Logger, s *settings, in resolvedSettings) error {
	db, err := postgres.Open(context.WithoutCancel(ctx), string(s.DatabaseURL))
	if err != nil {
		return err
	}
	defer db.Close()
	db.Tools = in.tools
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := process.RegisterBuild(registry); err != nil {
		return err
	}
	app, err := admin.New(admin.Options{
		DB: db, Keys: in.keys, Builtins: in.builtins, Log: log, Public: in.public, PublicReader: s.PublicReaderURL,
		TrustedProxies: in.trusted, PublishWait: s.PublishWait, Metrics: registry,
	})
	if err != nil {
		return err
	}

	var serving atomic.Bool
	health := process.Health{
		Started: func() error { return check(serving.Load(), "waiting for Postgres") },
		Ready: func() error {
			return errors.Join(check(serving.Load() && ctx.Err() == nil, "not serving: starting or shutting down"), db.Health())
		},
	}
	private, err := process.ServePrivate(log, string(s.PrivateListen), in.hosts, health, registry)
	if err != nil {
		return err
	}
	defer func() { _ = private.Close() }()

	if err := process.Retry(ctx, log, "Postgres at "+postgres.Address(string(s.DatabaseURL)), db.Ping); err != nil {
		if ctx.Err() != nil {
			return nil // stopped while waiting
		}
		return err
	}
	listener, err := listen.TCP(ctx, string(s.Listen), listen.Options{
		Log: log, Limits: listen.LimitsFor(s.MaxConnections, s.MaxConnectionsPerAddress, maxConnections, addressShare),
		Trusted: in.trusted.Contains, Metrics: registry, Program: "admin",
	})
	if err != nil {
		return fmt.Errorf("LISTEN=%q: %w", s.Listen, err)
	}
	for _, w := range auth.Warnings(in.public, len(in.trusted) > 0) {
		log.Warn(w)
	}
	var background sync.WaitGroup
	backgroundCtx, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	defer background.Wait()
	defer stopBackground()
	background.Go(func() { db.WatchHealth(backgroundCtx, log) })
	background.Go(func() { seedTemplates(ctx, log, db) })
	serving.Store(true)
	log.Info("serving", "addr", listener.Addr().String(), "public", in.public.String(), "private", private.Addr())
	return drain(ctx, app, listener)
}

// drain serves until ctx is done, and then finishes the requests in progress.
func drain(ctx context.Context, app *fiber.App, listener net.Listener) error {
	server := listen.NewServer(app)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	// A connection that a client opened in advance, without sending a request, counts as
	// busy. So open connections are waited for only until shutdownTime is over.
	shutdownCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	err := server.Shutdown(shutdownCtx)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return errors.Join(err, <-ended)
}

func check(ok bool, otherwise string) error {
	if ok {
		return nil
	}
	return errors.New(otherwise)
}
