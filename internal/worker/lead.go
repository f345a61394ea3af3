package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"orgmodes/internal/snapshot"
)

const (
	// leadTick is how often the leading worker looks at Redis and at what is
	// pending.
	leadTick = 500 * time.Millisecond
	// sweepAfter is how long something may be pending before the sweep takes it
	// up: its own job should have been done long before.
	sweepAfter = 3 * time.Second
	// sweepBatch bounds one round of the sweep.
	sweepBatch = 500
)

// lead is what the leading worker does until ctx ends. Trouble is logged and
// tried again at the next tick, never returned.
func (w *Worker) lead(ctx context.Context) error {
	w.metrics.Leading.Set(1)
	defer w.metrics.Leading.Set(0)
	w.log.Info("leading: reconciling and sweeping")
	var marking sync.WaitGroup
	defer marking.Wait()
	marking.Go(func() { w.mark(ctx) })
	tick := time.NewTicker(leadTick)
	defer tick.Stop()
	compared := false
	var last string
	for {
		err := w.leadOnce(ctx, &compared)
		if ctx.Err() != nil {
			return nil
		}
		switch {
		case err == nil:
			last = ""
		case err.Error() != last: // a Redis that is away would fill the log
			last = err.Error()
			w.log.Warn("leading: will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// leadOnce makes sure that Redis is the one that was filled, and then that
// nothing has been pending for long. compared says whether this leader has
// held all of Redis against Postgres yet.
func (w *Worker) leadOnce(ctx context.Context, compared *bool) error {
	if w.isHalted() {
		return w.countPending(ctx)
	}
	inst, err := w.db.Installation(ctx)
	if err != nil {
		return err
	}
	state, err := w.redis.State(ctx)
	if err != nil {
		return err
	}
	ours := snapshot.State{Filling: snapshot.Filled, Incarnation: inst.Incarnation, Epoch: inst.Epoch}
	if state != ours {
		err = w.reconcile(ctx, inst, state)
	} else if !*compared {
		err = w.compare(ctx, inst)
	}
	if err != nil {
		return err
	}
	*compared = true
	return w.sweep(ctx)
}

// sweep publishes what has been pending for long, whatever became of its job.
func (w *Worker) sweep(ctx context.Context) error {
	if err := w.countPending(ctx); err != nil {
		return err
	}
	tokens, err := w.db.PendingTokens(ctx, sweepAfter, sweepBatch)
	if err != nil {
		return err
	}
	orgs, err := w.db.PendingOrganizations(ctx, sweepAfter, sweepBatch)
	if err != nil {
		return err
	}
	g := new(errgroup.Group)
	g.SetLimit(w.workers)
	for _, t := range tokens {
		g.Go(func() error {
			return w.sweepOne(ctx, "token", t.ID, func(ctx context.Context) error {
				return w.publishToken(ctx, t.ID, snapshot.Reconciliation{})
			})
		})
	}
	for _, o := range orgs {
		g.Go(func() error {
			return w.sweepOne(ctx, "organization", o.ID, func(ctx context.Context) error {
				return w.publishOrganization(ctx, o.ID, snapshot.Reconciliation{})
			})
		})
	}
	return g.Wait()
}

// sweepOne publishes one thing; trouble with it is nobody else's.
func (w *Worker) sweepOne(ctx context.Context, kind string, id uuid.UUID, publish func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, jobTimeout)
	defer cancel()
	err := publish(ctx)
	if err != nil && !errors.Is(err, errNotNow) && !errors.Is(err, context.Canceled) {
		w.log.Warn("sweep: publishing failed, will be tried again", "kind", kind, "id", id, "error", err)
	}
	return nil
}

func (w *Worker) countPending(ctx context.Context) error {
	p, err := w.db.CountPending(ctx)
	if err != nil {
		return err
	}
	w.metrics.Pending.WithLabelValues("organization").Set(float64(p.Organizations))
	w.metrics.Pending.WithLabelValues("token").Set(float64(p.Tokens))
	return nil
}
