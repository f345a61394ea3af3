package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"orgmodes/internal/listen"
)

// Health is what a program says of itself on its private port. A nil func
// means yes; an error means no, and its text is the answer.
type Health struct {
	// Live is whether the process works at all; a no gets it restarted, so it
	// never depends on anything outside.
	Live func() error
	// Started is whether it has come up.
	Started func() error
	// Ready is whether it should be sent work now.
	Ready func() error
	// Note is a line for the operator below the ok of Ready; "" for none.
	Note func() string
}

// Private serves the port that is for operators and not for the world:
//
//	/livez /startupz /readyz   200 "ok" (/readyz: and a note), or 503 and why not
//	/metrics                   Prometheus
//	/version                   what is running, as JSON
//	/debug/pprof/              Go profiles
type Private struct {
	server   *http.Server
	listener net.Listener
	done     chan error
}

// maxPrivate bounds the connections to the private port: descriptors are kept for
// so many.
const maxPrivate = 64

// ServePrivate listens on addr (host:port; port 0 picks one) and serves until
// Close. Metrics come from gatherer.
func ServePrivate(log *slog.Logger, addr string, health Health, gatherer prometheus.Gatherer) (*Private, error) {
	listener, err := listen.TCP(context.Background(), addr, listen.Options{
		Log: log, Limits: listen.Limits{Total: maxPrivate, PerAddress: maxPrivate},
	})
	if err != nil {
		return nil, fmt.Errorf("PRIVATE_LISTEN=%q: %w", addr, err)
	}
	p := &Private{
		server: &http.Server{
			Handler:           privateRoutes(health, gatherer),
			ReadHeaderTimeout: 5 * time.Second,
			IdleTimeout:       time.Minute,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		},
		listener: listener,
		done:     make(chan error, 1),
	}
	go func() { p.done <- p.server.Serve(listener) }()
	log.Debug("private port open", "addr", p.Addr())
	return p, nil
}

// Addr is the host:port that is listened on.
func (p *Private) Addr() string { return p.listener.Addr().String() }

// Close stops serving, after at most a second of grace for requests under way:
// it is the last thing that a program closes, so that it can be watched while
// it drains.
func (p *Private) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := p.server.Shutdown(ctx); err != nil {
		_ = p.server.Close() // a profile that still runs is cut off
	}
	if err := <-p.done; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func privateRoutes(health Health, gatherer prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /livez", probe(health.Live, nil))
	mux.Handle("GET /startupz", probe(health.Started, nil))
	mux.Handle("GET /readyz", probe(health.Ready, health.Note))
	mux.Handle("GET /metrics", promhttp.HandlerFor(gatherer, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(BuildOf())
	})
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

func probe(ask func() error, note func() string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		if ask != nil {
			if err := ask(); err != nil {
				w.WriteHeader(http.StatusServiceUnavailable)
				fmt.Fprintln(w, Redact(err.Error()))
				return
			}
		}
		fmt.Fprintln(w, "ok")
		if note != nil {
			if line := note(); line != "" {
				fmt.Fprintln(w, Redact(line))
			}
		}
	})
}
