package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"orgmodes/internal/wakeup"
)

const (
	// healthyProbeInterval is how often Postgres is probed while it answers, and
	// unhealthyProbeInterval while it doesn't. The former is less than silenceTimeout,
	// which counts from the last answer, so it doesn't delay anything.
	healthyProbeInterval   = time.Second
	unhealthyProbeInterval = 500 * time.Millisecond
	// silenceTimeout is how long a probed Postgres can send nothing before it counts as
	// unavailable.
	silenceTimeout = 5 * time.Second
)

// errUnavailable is the error of every request while Postgres doesn't answer.
var errUnavailable = errors.New("postgres: no answer for 5 s; it is frozen, stopped or cut off")

// health tracks whether Postgres answers. A server that is frozen or cut off keeps its
// connections open, so requests would wait until their own deadlines:
//
//	answers ──nothing read for 5 s, while probed──> unavailable ──answers a probe──> answers
//	                │                                    │
//	                └ all connections are closed         └ no connection is made
//
// Any byte received on any connection counts as an answer: a busy server isn't unavailable.
// A long statement doesn't make it unavailable either, as long as probes are answered.
type health struct {
	lastReadAt  atomic.Int64 // Unix nanoseconds of the last byte from Postgres
	unavailable atomic.Bool

	mu    sync.Mutex
	conns map[*watched]struct{}
}

// watched is a connection to Postgres.
type watched struct {
	net.Conn
	h *health
}

// Read reads from the connection and records the time of the last byte received.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 {
		w.h.lastReadAt.Store(time.Now().UnixNano())
	}
	return n, err
}

// Close closes the connection.
func (w *watched) Close() error {
	w.h.mu.Lock()
	delete(w.h.conns, w)
	w.h.mu.Unlock()
	return w.Conn.Close()
}

// dialer wraps dial. Its connections are closed when Postgres becomes unavailable, and none
// is made while it is.
func (h *health) dialer(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if h.unavailable.Load() {
			return nil, errUnavailable
		}
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		w := &watched{c, h}
		h.mu.Lock()
		h.conns[w] = struct{}{}
		h.mu.Unlock()
		if h.unavailable.Load() { // since the first check
			_ = w.Close()
			return nil, errUnavailable
		}
		return w, nil
	}
}

// closeConnections closes all connections.
func (h *health) closeConnections() {
	h.mu.Lock()
	conns := make([]*watched, 0, len(h.conns))
	for c := range h.conns {
		conns = append(conns, c)
	}
	h.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
	}
}

// Health returns an error while Postgres doesn't answer. Only WatchHealth updates it; before
// that, Postgres is assumed to be healthy.
func (db *DB) Health() error {
	if db.health.unavailable.Load() {
		return errUnavailable
	}
	return nil
}

// WatchHealth probes Postgres every second until ctx is done. While Postgres doesn't
// answer, requests fail at once with an error that IsUnavailable recognizes, instead of
// waiting for their deadlines.
func (db *DB) WatchHealth(ctx context.Context, log *slog.Logger) {
	p := &prober{config: db.probeConfig, health: db.health}
	defer p.close()
	db.health.lastReadAt.Store(time.Now().UnixNano())
	for ctx.Err() == nil {
		err := p.probe(ctx)
		now, pause := time.Now(), unhealthyProbeInterval
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			db.health.lastReadAt.Store(now.UnixNano())
			pause = wakeup.In(healthyProbeInterval)
			if db.health.unavailable.Swap(false) {
				log.Info("Postgres is available again")
			}
		case now.UnixNano()-db.health.lastReadAt.Load() >= int64(silenceTimeout):
			if !db.health.unavailable.Swap(true) {
				log.Error("Postgres is unavailable: queries fail immediately", "error", err)
				db.health.closeConnections()
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// prober probes over a connection outside of the pool, because all of the pool's connections
// may be in use.
type prober struct {
	config *pgx.ConnConfig
	health *health
	conn   *pgx.Conn
}

// probe returns nil if Postgres answered in time, whatever the answer.
func (p *prober) probe(ctx context.Context) error {
	wait := silenceTimeout
	if !p.health.unavailable.Load() {
		// Postgres then counts as unavailable after silenceTimeout, and no later.
		wait = max(time.Until(time.Unix(0, p.health.lastReadAt.Load()).Add(silenceTimeout)), unhealthyProbeInterval)
	}
	asking, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if p.conn == nil {
		var err error
		if p.conn, err = pgx.ConnectConfig(asking, p.config); err != nil {
			p.conn = nil
			return probeError(err)
		}
	}
	err := p.conn.Ping(asking)
	if err != nil {
		p.close()
	}
	return probeError(err)
}

// probeError returns nil if Postgres itself refused, for example for too many connections: it
// is there. A server that is starting or shutting down isn't.
func probeError(err error) error {
	var pgErr *pgconn.PgError
	if err == nil || errors.As(err, &pgErr) && !IsUnavailable(err) {
		return nil
	}
	return fmt.Errorf("postgres: probe: %w", err)
}

func (p *prober) close() {
	if p.conn == nil {
		return
	}
	// Closing sends a message to a server that may not answer.
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = p.conn.Close(ctx)
	p.conn = nil
}
