package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// leaderLock is the advisory lock that the leading worker holds; the number
	// is arbitrary and must not change.
	leaderLock = 0x6f6d6c656164
	// leaderCheck is how often a worker tries to lead, and how often the leader verifies
	// that its connection, and with it the lock, still exists.
	leaderCheck = time.Second
)

// Lead runs fn while this process leads, and otherwise keeps trying to lead, until ctx is
// done. fn's context is canceled when the lock may have been lost. Two leaders may overlap
// for a moment, so fn must tolerate that.
func (db *DB) Lead(ctx context.Context, fn func(context.Context) error) error {
	for {
		if err := db.leadOnce(ctx, fn); err != nil && !errors.Is(err, errNotLeading) {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(leaderCheck):
		}
	}
}

var errNotLeading = errors.New("postgres: not leading")

func (db *DB) leadOnce(ctx context.Context, fn func(context.Context) error) error {
	// A dedicated connection: the lock is released when it ends.
	conn, err := pgx.ConnectConfig(ctx, db.pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotLeading, err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaderCheck)
		defer cancel()
		_ = conn.Close(closing)
	}()
	// A leader that is frozen must not keep holding the lock. A leader pings every second,
	// and the server ends a session that doesn't.
	if _, err := conn.Exec(ctx, "set idle_session_timeout = '5s'"); err != nil {
		return fmt.Errorf("%w: %w", errNotLeading, err)
	}
	var leads bool
	if err := conn.QueryRow(ctx, "select pg_try_advisory_lock($1)", int64(leaderLock)).Scan(&leads); err != nil || !leads {
		return errNotLeading
	}
	leading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	done := make(chan error, 1)
	go func() { done <- fn(leading) }()
	tick := time.NewTicker(leaderCheck)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			check, cancel := context.WithTimeout(ctx, leaderCheck)
			err := conn.Ping(check)
			cancel()
			if err != nil {
				stop(errNotLeading)
				return errors.Join(errNotLeading, <-done)
			}
		}
	}
}
