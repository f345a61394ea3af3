package worker

import (
	"context"
	"time"

	"orgmodes/internal/token"
)

// usesEvery is how often the worker collects which tokens readers admitted. Readers report
// them once a minute.
const usesEvery = 5 * time.Second

// takeUses copies the times when tokens were last used from Redis to Postgres, until ctx is
// done.
func (w *Worker) takeUses(ctx context.Context) {
	tick := time.NewTicker(usesEvery)
	defer tick.Stop()
	for {
		if err := w.redis.TakeUses(ctx, func(uses map[token.Hash]time.Time) error { return w.db.TokensUsed(ctx, uses) }); err != nil && ctx.Err() == nil {
			w.log.Debug("reading token usage from Redis failed: will retry", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
