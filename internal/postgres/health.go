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
	// probeWell is how often Postgres is asked whether it answers while it does, and
	// probeEvery while it doesn't. The former is less than silence, which counts from the
	// last answer, so it doesn't delay anything.
	probeWell  = time.Second
	probeEvery = 500 * time.Millisecond
	// silence is how long nothing may come from Postgres while it is asked, before it
	// counts as away.
	silence = 5 * time.Second
)

// errAway is what everything fails with while Postgres doesn't answer.
var errAway = errors.New("postgres: no answer for 5 s; it is frozen, stopped or cut off")

// health is whether Postgres answers. A server that is frozen or cut off keeps its
// connections open, so what waits for it would wait until its own deadline:
//
//	answers ──nothing heard for 5 s, while asked──> away ──answers a probe──> answers
//	                │                                 │
//	                └ all connections are closed      └ no connection is made
//
// Whatever is heard on any connection counts: a busy server isn't away. A statement
// that takes long is none either, as long as probes are answered.
type health struct {
	heard atomic.Int64 // Unix nanoseconds of the last byte from Postgres
	away  atomic.Bool

	mu    sync.Mutex
	conns map[*watched]struct{}
}

// watched is a connection to Postgres.
type watched struct {
	net.Conn
	h *health
}

// Read notes that Postgres has been heard.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 {
		w.h.heard.Store(time.Now().UnixNano())
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

// dialer returns dial for connections that are closed, and not made, while
// Postgres is away.
func (h *health) dialer(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if h.away.Load() {
			return nil, errAway
		}
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		w := &watched{c, h}
		h.mu.Lock()
		h.conns[w] = struct{}{}
		h.mu.Unlock()
		if h.away.Load() { // since
			_ = w.Close()
			return nil, errAway
		}
		return w, nil
	}
}

// cut closes all connections.
func (h *health) cut() {
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

// Health returns an error while Postgres doesn't answer. It is known while
// WatchHealth runs, and else taken for well.
func (db *DB) Health() error {
	if db.health.away.Load() {
		return errAway
	}
	return nil
}

// WatchHealth asks Postgres every second whether it answers, until ctx is done.
// While it doesn't, whatever asks it fails at once, with an error that Away
// recognizes, in place of waiting for its deadline.
func (db *DB) WatchHealth(ctx context.Context, log *slog.Logger) {
	p := &prober{config: db.probe, health: db.health}
	defer p.close()
	db.health.heard.Store(time.Now().UnixNano())
	for ctx.Err() == nil {
		err := p.ask(ctx)
		now, pause := time.Now(), probeEvery
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			db.health.heard.Store(now.UnixNano())
			pause = wakeup.In(probeWell)
			if db.health.away.Swap(false) {
				log.Info("Postgres answers again")
			}
		case now.UnixNano()-db.health.heard.Load() >= int64(silence):
			if !db.health.away.Swap(true) {
				log.Error("Postgres doesn't answer: what asks it fails at once", "error", err)
				db.health.cut()
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// prober asks over a connection outside of the pool, which may be in use whole.
type prober struct {
	config *pgx.ConnConfig
	health *health
	conn   *pgx.Conn
}

// ask returns nil if Postgres answered in time, whatever it answered.
func (p *prober) ask(ctx context.Context) error {
	wait := silence
	if !p.health.away.Load() {
		// So that it counts as away after silence, and no later.
		wait = max(time.Until(time.Unix(0, p.health.heard.Load()).Add(silence)), probeEvery)
	}
	asking, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if p.conn == nil {
		var err error
		if p.conn, err = pgx.ConnectConfig(asking, p.config); err != nil {
			p.conn = nil
			return answered(err)
		}
	}
	err := p.conn.Ping(asking)
	if err != nil {
		p.close()
	}
	return answered(err)
}

// answered returns nil where Postgres itself refused, as with too many connections:
// it is there. One that is starting or shutting down isn't.
func answered(err error) error {
	var said *pgconn.PgError
	if err == nil || errors.As(err, &said) && !Away(err) {
		return nil
	}
	return fmt.Errorf("postgres: probe: %w", err)
}

func (p *prober) close() {
	if p.conn == nil {
		return
	}
	// It would say goodbye to a server that doesn't listen.
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = p.conn.Close(ctx)
	p.conn = nil
}
