package worker

import (
	"context"
	"sync"
	"time"

	"orgmodes/internal/pubstore"
)

const (
	// leadTick is how often the leading worker checks Redis and the pending changes.
	leadTick = 500 * time.Millisecond
	// sweepAfter is how long a change may be pending before the sweep publishes it: its own
	// job should have done so long before.
	sweepAfter = 3 * time.Second
	// sweepBatch bounds one round of the sweep.
	sweepBatch = 500
	// tokenTimeout bounds the publication of one token.
	tokenTimeout = 15 * time.Second
)

// Lead does the leader's work until ctx is done: it keeps Redis in sync with Postgres, and
// writes watermarks for readers. It logs errors and retries at the next tick; it never
// returns them.
func (p *Publisher) Lead(ctx context.Context) error {
	p.metrics.Leading.Set(1)
	defer p.metrics.Leading.Set(0)
	p.log.Info("became leader")
	p.synced.Store(false)
	var marking sync.WaitGroup
	defer marking.Wait()
	marking.Go(func() { p.runWatermarks(ctx) })
	tick := time.NewTicker(leadTick)
	defer tick.Stop()
	compared := false
	s := newSweep(p)
	defer s.wait()
	var last string
	for {
		err := p.leadOnce(ctx, &compared, s)
		if ctx.Err() != nil {
			return nil
		}
		switch {
		case err == nil:
			last = ""
		case err.Error() != last: // an unavailable Redis would fill the log
			last = err.Error()
			p.log.Warn("leader tick failed: will retry", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// leadOnce ensures that Redis is the one that was filled, and then that nothing stays
// pending for long. compared reports whether this leader has already compared all of Redis
// with Postgres.
func (p *Publisher) leadOnce(ctx context.Context, compared *bool, s *sweep) error {
	// First, and whatever the state of Redis: an expired lease belongs to a worker that is
	// gone.
	if err := p.requeueExpired(ctx); err != nil {
		return err
	}
	if p.isHalted() {
		*compared = false
		p.synced.Store(false)
		return p.reportPending(ctx)
	}
	inst, err := p.store.Installation(ctx)
	if err != nil {
		return err
	}
	state, err := p.redis.State(ctx)
	if err != nil {
		return err
	}
	ours := pubstore.State{Fill: pubstore.Filled, Incarnation: inst.Incarnation, Epoch: inst.Epoch}
	if state != ours {
		err = p.reconcile(ctx, inst, state)
	} else if !*compared {
		err = p.compare(ctx, inst)
	}
	if err != nil {
		return err
	}
	// A Redis that is ahead is checked again at the next tick after the halt. Until it is
	// found consistent, no watermarks are sent.
	*compared = p.Halted() == ""
	p.synced.Store(*compared)
	return p.sweep(ctx, s)
}

// requeueExpired returns the publications of workers that are gone to the queue.
func (p *Publisher) requeueExpired(ctx context.Context) error {
	n, err := p.store.RequeueExpired(ctx, p.leaseTime)
	if err == nil && n > 0 {
		p.metrics.Expired.Add(float64(n))
		p.log.Warn("returned publications with an expired lease to the queue", "publications", n)
	}
	return err
}

// sweep publishes changes that have been pending for long, whatever happened to their jobs.
// It does not wait for that: a large library must not keep the leader from its other work.
func (p *Publisher) sweep(ctx context.Context, s *sweep) error {
	if err := p.reportPending(ctx); err != nil {
		return err
	}
	tokens, err := p.store.PendingTokens(ctx, sweepAfter, sweepBatch)
	if err != nil {
		return err
	}
	orgs, err := p.store.PendingOrganizations(ctx, sweepAfter, sweepBatch)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		s.start("token", t.ID, func() error {
			ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
			defer cancel()
			return p.PublishToken(ctx, t.ID)
		})
	}
	for _, o := range orgs {
		s.start("organization", o.ID, func() error {
			return p.publishUntilUnchanged(ctx, publication{org: o.ID, noWait: true})
		})
	}
	return nil
}

func (p *Publisher) reportPending(ctx context.Context) error {
	n, err := p.store.CountPending(ctx)
	if err != nil {
		return err
	}
	p.metrics.Pending.WithLabelValues("organization").Set(float64(n.Organizations))
	p.metrics.Pending.WithLabelValues("token").Set(float64(n.Tokens))
	p.metrics.Oldest.WithLabelValues("organization").Set(n.OldestOrganization.Seconds())
	p.metrics.Oldest.WithLabelValues("token").Set(n.OldestToken.Seconds())
	return nil
}
