package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"orgmodes/internal/postgres/sqlcgen"
)

// AttemptKey identifies a counter of wrong passwords.
type AttemptKey [16]byte

// AttemptLimit is how many wrong passwords a key is allowed within a window.
type AttemptLimit struct {
	Key AttemptKey
	Max int
}

// errTooManyAttempts rolls back an attempt that exceeds a limit.
var errTooManyAttempts = errors.New("postgres: too many attempts")

// CountAttempt counts an attempt to sign in under each key, for all processes. It counts
// before the attempt is made, so that concurrent attempts can't all be the last one allowed.
// If a limit is reached, it counts nothing and returns how long to wait.
func (db *DB) CountAttempt(ctx context.Context, limits []AttemptLimit, window time.Duration) (wait time.Duration, err error) {
	limitOf := make(map[AttemptKey]int, len(limits))
	keys := make([]AttemptKey, len(limits))
	for i, l := range limits {
		limitOf[l.Key], keys[i] = l.Max, l.Key
	}
	// Read first: a flood of refused attempts then writes nothing.
	have, err := db.q.ListAttempts(ctx, sqlcgen.ListAttemptsParams{Keys: distinctKeys(keys), WindowSeconds: window.Seconds()})
	if err != nil {
		return 0, fmt.Errorf("wrong passwords: %w", err)
	}
	for _, a := range have {
		if int(a.Wrong) >= limitOf[AttemptKey(a.Key)] {
			wait = max(wait, atLeastOneSecond(a.WaitSeconds))
		}
	}
	if wait > 0 {
		return wait, nil
	}
	err = db.transact(ctx, func(tx pgx.Tx) error {
		wait = 0
		counted, err := db.q.WithTx(tx).CountAttempts(ctx, sqlcgen.CountAttemptsParams{Keys: distinctKeys(keys), WindowSeconds: window.Seconds()})
		if err != nil {
			return err
		}
		for _, a := range counted {
			if int(a.Wrong) > limitOf[AttemptKey(a.Key)] {
				wait = max(wait, atLeastOneSecond(a.WaitSeconds))
			}
		}
		if wait > 0 {
			return errTooManyAttempts
		}
		return nil
	})
	if err != nil && !errors.Is(err, errTooManyAttempts) {
		return 0, fmt.Errorf("count an attempt: %w", err)
	}
	return wait, nil
}

// RefundAttempt undoes the count of an attempt that turned out not to be a wrong password.
func (db *DB) RefundAttempt(ctx context.Context, keys []AttemptKey) error {
	if _, err := db.q.GiveBackAttempts(ctx, distinctKeys(keys)); err != nil {
		return fmt.Errorf("give back an attempt: %w", err)
	}
	return nil
}

// SweepAttempts deletes attempts that are older than the window. It keeps no more than
// limit keys: those with the fewest wrong passwords are deleted first.
func (db *DB) SweepAttempts(ctx context.Context, window time.Duration, limit int) error {
	if _, err := db.q.SweepAttempts(ctx, sqlcgen.SweepAttemptsParams{WindowSeconds: window.Seconds(), Most: int64(limit)}); err != nil {
		return fmt.Errorf("sweep attempts: %w", err)
	}
	return nil
}

// distinctKeys returns the distinct keys in ascending order.
func distinctKeys(keys []AttemptKey) [][]byte {
	sorted := slices.Clone(keys)
	slices.SortFunc(sorted, func(a, b AttemptKey) int { return bytes.Compare(a[:], b[:]) })
	sorted = slices.Compact(sorted)
	out := make([][]byte, len(sorted))
	for i, k := range sorted {
		out[i] = k[:]
	}
	return out
}

// atLeastOneSecond converts s to a duration of at least one second: after a limit is reached, no
// retry is allowed immediately.
func atLeastOneSecond(s float64) time.Duration {
	return max(time.Duration(s*float64(time.Second)), time.Second)
}
