package worker

import (
	"context"
	"time"

	"orgmodes/internal/token"
)

// usesEvery is how often it is asked which tokens readers let in. They tell once a
// minute.
const usesEvery = 5 * time.Second

// takeUses has Postgres know when tokens were used last, until ctx ends.
func (w *Worker) takeUses(ctx context.Context) {
	tick := time.NewTicker(usesEvery)
	defer tick.Stop()
	for {
		if err := w.redis.TakeUses(ctx, func(uses map[token.Hash]time.Time) error { return w.db.TokensUsed(ctx, uses) }); err != nil && ctx.Err() == nil {
			w.log.Debug("which tokens are in use is not known; it is asked again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
