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
	Key  AttemptKey
	Most int
}

// errTooMany rolls back an attempt that exceeds a limit.
var errTooMany = errors.New("postgres: too many attempts")

// CountAttempt counts an attempt to sign in under each key, for all processes. It counts
// before the attempt is made, so that concurrent attempts can't all be the last one allowed.
// If a limit is reached, it counts nothing and returns how long to wait.
func (db *DB) CountAttempt(ctx context.Context, limits []AttemptLimit, window time.Duration) (wait time.Duration, err error) {
	most := make(map[AttemptKey]int, len(limits))
	keys := make([]AttemptKey, len(limits))
	for i, l := range limits {
		most[l.Key], keys[i] = l.Most, l.Key
	}
	// Read first: a flood of refused attempts then writes nothing.
	have, err := db.q.ListAttempts(ctx, sqlcgen.ListAttemptsParams{Keys: raw(keys), WindowSeconds: window.Seconds()})
	if err != nil {
		return 0, fmt.Errorf("wrong passwords: %w", err)
	}
	for _, a := range have {
		if int(a.Wrong) >= most[AttemptKey(a.Key)] {
			wait = max(wait, seconds(a.WaitSeconds))
		}
	}
	if wait > 0 {
		return wait, nil
	}
	err = db.transact(ctx, func(tx pgx.Tx) error {
		wait = 0
		counted, err := db.q.WithTx(tx).CountAttempts(ctx, sqlcgen.CountAttemptsParams{Keys: raw(keys), WindowSeconds: window.Seconds()})
		if err != nil {
			return err
		}
		for _, a := range counted {
			if int(a.Wrong) > most[AttemptKey(a.Key)] {
				wait = max(wait, seconds(a.WaitSeconds))
			}
		}
		if wait > 0 {
			return errTooMany
		}
		return nil
	})
	if err != nil && !errors.Is(err, errTooMany) {
		return 0, fmt.Errorf("count an attempt: %w", err)
	}
	return wait, nil
}

// GiveBackAttempt undoes the count of an attempt that turned out not to be a wrong password.
func (db *DB) GiveBackAttempt(ctx context.Context, keys []AttemptKey) error {
	if _, err := db.q.GiveBackAttempts(ctx, raw(keys)); err != nil {
		return fmt.Errorf("give back an attempt: %w", err)
	}
	return nil
}

// SweepAttempts deletes attempts that are older than the window. It keeps no more than most
// keys: those with the fewest wrong passwords are deleted first.
func (db *DB) SweepAttempts(ctx context.Context, window time.Duration, most int) error {
	if _, err := db.q.SweepAttempts(ctx, sqlcgen.SweepAttemptsParams{WindowSeconds: window.Seconds(), Most: int64(most)}); err != nil {
		return fmt.Errorf("sweep attempts: %w", err)
	}
	return nil
}

// raw returns the distinct keys in ascending order.
func raw(keys []AttemptKey) [][]byte {
	sorted := slices.Clone(keys)
	slices.SortFunc(sorted, func(a, b AttemptKey) int { return bytes.Compare(a[:], b[:]) })
	sorted = slices.Compact(sorted)
	out := make([][]byte, len(sorted))
	for i, k := range sorted {
		out[i] = k[:]
	}
	return out
}

// seconds converts s to a duration of at least one second: after a limit is reached, no
// retry is allowed immediately.
func seconds(s float64) time.Duration {
	return max(time.Duration(s*float64(time.Second)), time.Second)
}
