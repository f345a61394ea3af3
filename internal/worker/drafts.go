package worker

import (
	"context"
	"time"
)

const (
	// draftsInterval is how often a worker removes old drafts, which may stay that much longer.
	draftsInterval = time.Hour
	// draftsBatch bounds the drafts of one statement, because a draft can have megabytes.
	draftsBatch = 100
)

// watchDrafts removes old drafts at the start and then hourly, until ctx is done. Every
// worker does so, and skips drafts that another one is removing.
func (w *Worker) watchDrafts(ctx context.Context) {
	tick := time.NewTicker(draftsInterval)
	defer tick.Stop()
	for {
		if err := w.removeOldDrafts(ctx); err != nil && ctx.Err() == nil {
			w.log.Warn("removing old drafts failed: will retry", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (w *Worker) removeOldDrafts(ctx context.Context) error {
	for {
		n, err := w.db.RemoveOldDrafts(ctx, draftsBatch)
		if err != nil || n < draftsBatch {
			return err
		}
	}
}
