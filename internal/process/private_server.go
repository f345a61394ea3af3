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

// Health holds the probes of a program, served on its private port. A nil func always
// passes. An error fails the probe, and its text is the response.
type Health struct {
	// Live checks that the process works at all. A failure gets the process restarted, so
	// the check never depends on anything outside of it.
	Live func() error
	// Started checks that startup has finished.
	Started func() error
	// Ready checks that the program can take work now.
	Ready func() error
	// Note returns a line for the operator, printed below the "ok" of Ready; "" for none.
	Note func() string
}

// PrivateServer serves the private port, which is for operators only:
//
//	/livez /startupz /readyz   200 "ok" (/readyz: and a note), or 503 and the reason
//	/metrics                   Prometheus metrics
//	/version                   the running build, as JSON
//	/debug/pprof/              Go profiles
type PrivateServer struct {
	server   *http.Server
	listener net.Listener
	done     chan error
}

// maxPrivateConnections bounds the connections to the private port. File descriptors are
// reserved for that many.
const maxPrivateConnections = 64

// ServePrivate listens on addr (host:port; port 0 picks a free port) and serves until
// Close. It serves only requests for an IP address, for localhost and for hosts, which are
// names as config.ParseHosts returns them. Metrics come from gatherer.
func ServePrivate(log *slog.Logger, addr string, hosts []string, health Health, gatherer prometheus.Gatherer) (*PrivateServer, error) {
	listener, err := listen.TCP(context.Background(), addr, listen.Options{
		Log: log, Limits: listen.Limits{Total: maxPrivateConnections, PerAddress: maxPrivateConnections},
	})
	if err != nil {
		return nil, fmt.Errorf("PRIVATE_LISTEN=%q: %w", addr, err)
	}
	p := &PrivateServer{
		server: &http.Server{
			Handler:           onlyHosts(hosts, privateRoutes(health, gatherer)),
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

// Addr returns the host:port of the listener.
func (p *PrivateServer) Addr() string { return p.listener.Addr().String() }

// Close stops serving; requests in progress get at most one second. Programs close the
// private port last, so that they can be monitored while they drain.
func (p *PrivateServer) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := p.server.Shutdown(ctx); err != nil {
		_ = p.server.Close() // cuts off a profile that is still running
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
	mux.Handle("GET /metrics", promhttp.HandlerFor(withOldNames(gatherer), promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(BuildInfo())
	})
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

func probe(check func() error, note func() string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		if check != nil {
			if err := check(); err != nil {
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
