package worker

import (
	"context"
	"sync"
	"time"
)

// canaryInterval is how often the canary organization is changed.
const canaryInterval = 10 * time.Second

// runLeader runs the tasks of the leader until ctx is done.
func (w *Worker) runLeader(ctx context.Context) error {
	var tasks sync.WaitGroup
	tasks.Go(func() { w.runCanary(ctx) })
	tasks.Go(func() { w.syncTokenUsage(ctx) })
	err := w.Lead(ctx)
	tasks.Wait()
	return err
}

// runCanary changes the canary organization every canaryInterval until ctx is done.
func (w *Worker) runCanary(ctx context.Context) {
	tick := time.NewTicker(canaryInterval)
	defer tick.Stop()
	for {
		if err := w.db.TouchCanary(ctx); err != nil && ctx.Err() == nil {
			w.log.Debug("canary update failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
