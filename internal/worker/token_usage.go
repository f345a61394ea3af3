package worker

import (
	"context"
	"time"

	"orgmodes/internal/token"
)

// usageInterval is how often the worker collects which tokens readers accepted. Readers
// report them once a minute.
const usageInterval = 5 * time.Second

// syncTokenUsage copies the times when tokens were last used from Redis to Postgres, until ctx is
// done.
func (w *Worker) syncTokenUsage(ctx context.Context) {
	tick := time.NewTicker(usageInterval)
	defer tick.Stop()
	for {
		if err := w.redis.DrainUsage(ctx, func(uses map[token.Hash]time.Time) error { return w.db.RecordTokenUse(ctx, uses) }); err != nil && ctx.Err() == nil {
			w.log.Debug("reading token usage from Redis failed: will retry", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
