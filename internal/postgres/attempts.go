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

// AttemptKey stands for what wrong passwords are counted for.
type AttemptKey [16]byte

// AttemptLimit is how many wrong passwords there may be under a key in a window.
type AttemptLimit struct {
	Key  AttemptKey
	Most int
}

// errTooMany rolls back an attempt for which there was no room.
var errTooMany = errors.New("postgres: too many attempts")

// CountAttempt counts an attempt to sign in under each of the keys, for all processes
// and before it is made, so that many at once can't all be the last one. Where one of
// the limits is reached nothing is counted, and it returns how long to wait.
func (db *DB) CountAttempt(ctx context.Context, limits []AttemptLimit, window time.Duration) (wait time.Duration, err error) {
	most := make(map[AttemptKey]int, len(limits))
	keys := make([]AttemptKey, len(limits))
	for i, l := range limits {
		most[l.Key], keys[i] = l.Most, l.Key
	}
	// A flood that is refused writes nothing.
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

// GiveBackAttempt takes back an attempt that turned out not to be a wrong password.
func (db *DB) GiveBackAttempt(ctx context.Context, keys []AttemptKey) error {
	if _, err := db.q.GiveBackAttempts(ctx, raw(keys)); err != nil {
		return fmt.Errorf("give back an attempt: %w", err)
	}
	return nil
}

// SweepAttempts forgets attempts that are older than the window, and beyond the bound
// those with the fewest wrong passwords.
func (db *DB) SweepAttempts(ctx context.Context, window time.Duration, most int) error {
	if _, err := db.q.SweepAttempts(ctx, sqlcgen.SweepAttemptsParams{WindowSeconds: window.Seconds(), Most: int64(most)}); err != nil {
		return fmt.Errorf("sweep attempts: %w", err)
	}
	return nil
}

// raw are keys in order, each once.
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

// seconds is at least one: a limit that is reached is never free to be tried at once.
func seconds(s float64) time.Duration {
	return max(time.Duration(s*float64(time.Second)), time.Second)
}
