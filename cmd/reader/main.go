// Command reader serves published modes to editors. It reads Redis, and links
// nothing of Postgres, jobs or pages.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"orgmodes/internal/config"
	"orgmodes/internal/listen"
	"orgmodes/internal/process"
	"orgmodes/internal/reader"
	"orgmodes/internal/snapshot"
	"orgmodes/internal/token"
)

// drainTime bounds what is left to do after DRAIN_WAIT: requests under way.
const drainTime = 10 * time.Second

const (
	// mostConnections is just below what fasthttp serves at once.
	mostConnections = 250_000
	// addressShare is one in how many connections an address may have: all editors
	// of a company may come from one.
	addressShare = 2
)

// reportEvery is how often workers are told which tokens are in use.
const reportEvery = time.Minute

func main() { os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr)) }

// run is the whole program; it returns the exit code: 2 for what the caller
// has to put right, 1 for what failed.
func run(args, environ []string, stdout io.Writer, stderr *os.File) int {
	switch {
	case len(args) == 1 && (args[0] == "--help" || args[0] == "-h"):
		fmt.Fprint(stdout, usage)
		return 0
	case len(args) == 1 && args[0] == "--version":
		b := process.BuildOf()
		fmt.Fprintf(stdout, "orgmodes reader %s %s %s\n", b.Version, b.Revision, b.Go)
		return 0
	case len(args) > 0:
		fmt.Fprintf(stderr, "reader takes no %q; settings come from the environment\n\n%s", args[0], usage)
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
	options, closeStores, err := build(log, &s)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	defer closeStores()
	ctx, stop := process.Signals(context.Background(), log, s.DrainWait+drainTime)
	defer stop()
	if err := serve(ctx, log, &s, options); err != nil {
		log.Error("ended", "error", process.Redact(err.Error()))
		return 1
	}
	return 0
}

// build makes what the settings say, without asking Redis anything.
func build(log *slog.Logger, s *settings) (o reader.Options, closeStores func(), err error) {
	keys, err := token.ParseKeys(string(s.TokenKeys))
	if err != nil {
		return o, nil, fmt.Errorf("TOKEN_KEYS: %w", err)
	}
	catalogue, err := s.catalogue()
	if err != nil {
		return o, nil, err
	}
	store, err := snapshot.Open(string(s.RedisURL), snapshot.Options{
		Prefix: s.RedisPrefix, PoolSize: reader.StoreConnections, MaxAge: reader.ConnectionAge,
	})
	if err != nil {
		return o, nil, err
	}
	logStore, err := snapshot.Open(string(s.RedisURL), snapshot.Options{
		Prefix: s.RedisPrefix, PoolSize: 2, MaxAge: reader.ConnectionAge,
	})
	if err != nil {
		_ = store.Close()
		return o, nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := process.RegisterBuild(registry); err != nil {
		return o, nil, err
	}
	o = reader.Options{
		Log: log, Store: store, LogStore: logStore, Keys: keys,
		PollInterval: s.PollInterval, PublicCatalogue: catalogue, CacheBytes: s.CacheBytes, Metrics: registry,
		AuthMaxStale: s.AuthMaxStale, SnapshotDir: s.SnapshotDir, SnapshotEvery: s.SnapshotEvery, Canary: s.Canary,
		ReportEvery: reportEvery,
	}
	return o, func() {
		_ = store.Close()
		_ = logStore.Close()
	}, nil
}

// serve runs until ctx is done, then drains: not ready first, so that nobody is
// sent here any more, then no new connections, then the private port.
func serve(ctx context.Context, log *slog.Logger, s *settings, o reader.Options) error {
	r, err := reader.New(o)
	if err != nil {
		return err
	}
	registry, _ := o.Metrics.(*prometheus.Registry)
	private, err := process.ServePrivate(log, string(s.PrivateListen), process.Health{Started: r.Started, Ready: r.Ready}, registry)
	if err != nil {
		return err
	}
	defer func() { _ = private.Close() }()
	trusted, err := config.ParseNetworks(s.TrustedProxies)
	if err != nil {
		return fmt.Errorf("TRUSTED_PROXIES: %w", err)
	}
	ln, err := listen.TCP(ctx, string(s.Listen), listen.Options{
		Log: log, Limits: listen.LimitsFor(s.MaxConnections, s.MaxConnectionsPerAddress, mostConnections, addressShare),
		Trusted: trusted.Contains, Metrics: o.Metrics, Program: "reader",
	})
	if err != nil {
		return fmt.Errorf("LISTEN=%q: %w", s.Listen, err)
	}
	failed := make(chan error, 1)
	go func() { failed <- r.Serve(ln) }()
	follow, stopFollowing := context.WithCancel(context.WithoutCancel(ctx))
	defer stopFollowing()
	var following sync.WaitGroup
	following.Go(func() { r.Follow(follow) })
	log.Info("serving", "addr", ln.Addr().String(), "private", private.Addr())

	select {
	case err = <-failed:
	case <-ctx.Done():
		r.Drain()
		time.Sleep(s.DrainWait) // requests still come, and are served
	}
	stopFollowing()
	following.Wait()
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if e := r.Shutdown(bounded); err == nil {
		err = e
	}
	return err
}
