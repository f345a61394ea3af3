package worker

import (
	"context"
	"time"
)

// canaryEvery is how often the canary organization is changed.
const canaryEvery = 10 * time.Second

// lead is what this process does while it leads.
func (w *Worker) lead(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.sing(ctx)
	}()
	err := w.Lead(ctx)
	<-done
	return err
}

// sing changes the canary organization until ctx ends.
func (w *Worker) sing(ctx context.Context) {
	tick := time.NewTicker(canaryEvery)
	defer tick.Stop()
	for {
		if err := w.db.TouchCanary(ctx); err != nil && ctx.Err() == nil {
			w.log.Debug("the canary is silent", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
