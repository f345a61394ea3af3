package worker

import (
	"context"
	"sync"
	"time"
)

// canaryEvery is how often the canary organization is changed.
const canaryEvery = 10 * time.Second

// lead runs the tasks of the leader until ctx is done.
func (w *Worker) lead(ctx context.Context) error {
	var beside sync.WaitGroup
	beside.Go(func() { w.sing(ctx) })
	beside.Go(func() { w.takeUses(ctx) })
	err := w.Lead(ctx)
	beside.Wait()
	return err
}

// sing changes the canary organization every canaryEvery until ctx is done.
func (w *Worker) sing(ctx context.Context) {
	tick := time.NewTicker(canaryEvery)
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
