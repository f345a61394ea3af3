// Command reader serves published modes to editors. It reads Redis, and links no code for
// Postgres, jobs or pages.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"orgmodes/internal/config"
	"orgmodes/internal/listen"
	"orgmodes/internal/process"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/reader"
	"orgmodes/internal/token"
)

// drainTime bounds how long requests in progress can take after DRAIN_WAIT.
const drainTime = 10 * time.Second

const (
	// maxConnections is just below the number that fasthttp serves concurrently.
	maxConnections = 250_000
	// addressShare limits one address to 1/addressShare of all connections. All editors of
	// a company can share one address.
	addressShare = 2
)

// usageReportInterval is the interval at which token usage is reported to workers.
const usageReportInterval = time.Minute

func main() { os.Exit(program.Main(os.Args[1:], os.Environ(), os.Stdout, os.Stderr)) }

var program = process.Program[settings]{
	Name: "reader", Usage: usage, Log: func(s *settings) config.Log { return s.Log },
	Prepare: func(log *slog.Logger, s *settings) (process.Work, error) {
		registry := prometheus.NewRegistry()
		options, closeStores, err := build(log, s, registry)
		if err != nil {
			return process.Work{}, err
		}
		return process.Work{
			Run:   func(ctx context.Context) error { return serve(ctx, log, s, options, registry) },
			Drain: s.DrainWait + drainTime,
			Close: closeStores,
		}, nil
	},
}

// build returns the options that the settings describe, without sending Redis a request.
func build(log *slog.Logger, s *settings, registry *prometheus.Registry) (o reader.Options, closeStores func(), err error) {
	keys, err := token.ParseKeys(string(s.TokenKeys))
	if err != nil {
		return o, nil, fmt.Errorf("TOKEN_KEYS: %w", err)
	}
	catalog, err := s.catalog()
	if err != nil {
		return o, nil, err
	}
	store, err := pubstore.Open(string(s.Redis.URL), pubstore.Options{
		Prefix: s.Redis.Prefix, PoolSize: reader.StoreConnections, MaxAge: reader.ConnectionAge,
	})
	if err != nil {
		return o, nil, err
	}
	logStore, err := pubstore.Open(string(s.Redis.URL), pubstore.Options{
		Prefix: s.Redis.Prefix, PoolSize: 2, MaxAge: reader.ConnectionAge,
	})
	if err != nil {
		_ = store.Close()
		return o, nil, err
	}
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := process.RegisterBuild(registry); err != nil {
		return o, nil, err
	}
	o = reader.Options{
		Log: log, Store: store, LogStore: logStore, Keys: keys,
		PollInterval: s.PollInterval, PublicCatalog: catalog, CacheBytes: s.CacheBytes, Metrics: registry,
		AuthMaxStale: s.AuthMaxStale, SnapshotDir: s.SnapshotDir, SnapshotInterval: s.SnapshotEvery, Canary: s.Canary,
		UsageReportInterval: usageReportInterval,
	}
	return o, func() {
		_ = store.Close()
		_ = logStore.Close()
	}, nil
}

// serve runs until ctx is done, then drains. First it reports not ready, so that no more
// traffic is routed here. Then it accepts no new connections, and last closes the private
// port.
func serve(ctx context.Context, log *slog.Logger, s *settings, o reader.Options, registry *prometheus.Registry) error {
	r, err := reader.New(o)
	if err != nil {
		return err
	}
	hosts, err := config.ParseHosts(s.PrivateHosts)
	if err != nil {
		return fmt.Errorf("PRIVATE_HOSTS: %w", err)
	}
	private, err := process.ServePrivate(log, string(s.PrivateListen), hosts, process.Health{Started: r.Started, Ready: r.Ready}, registry)
	if err != nil {
		return err
	}
	defer func() { _ = private.Close() }()
	trusted, err := config.ParseNetworks(s.TrustedProxies)
	if err != nil {
		return fmt.Errorf("TRUSTED_PROXIES: %w", err)
	}
	ln, err := listen.TCP(ctx, string(s.Listen), listen.Options{
		Log: log, Limits: listen.LimitsFor(s.MaxConnections, s.MaxConnectionsPerAddress, maxConnections, addressShare),
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
		select { // requests that still arrive are served
		case err = <-failed:
		case <-time.After(s.DrainWait):
		}
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
