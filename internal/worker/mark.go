package worker

import (
	"context"
	"time"

	"orgmodes/internal/postgres"
	"orgmodes/internal/pubstore"
)

const (
	// markEvery is how often readers are told how fresh Redis is.
	markEvery = time.Second
	// maxExceptions is how many unpublished subjects a mark names; with more, it
	// promises only what holds for all of them.
	maxExceptions = 100
)

// mark sends readers a mark of what Redis holds, once a second until ctx is done. If it
// can't, it sends nothing, and readers detect that by themselves.
func (p *Publisher) mark(ctx context.Context) {
	tick := time.NewTicker(markEvery)
	defer tick.Stop()
	for {
		if p.inStep.Load() && p.Halted() == "" {
			if err := p.markOnce(ctx); err != nil && ctx.Err() == nil {
				p.metrics.Marks.WithLabelValues("failed").Inc()
				p.log.Debug("writing watermark failed", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (p *Publisher) markOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, RedisTimeout)
	defer cancel()
	u, err := p.ledger.Unpublished(ctx, maxExceptions)
	if err != nil {
		return err
	}
	out, err := p.redis.Mark(ctx, u.Installation.Incarnation, markOf(u))
	if err != nil {
		return err
	}
	p.metrics.Marks.WithLabelValues(string(out.Status)).Inc()
	return nil
}

// markOf returns the mark that can be promised while some subjects are unpublished.
func markOf(u postgres.Unpublished) pubstore.Mark {
	if u.More {
		return pubstore.Mark{AsOf: u.Oldest}
	}
	m := pubstore.Mark{AsOf: u.At, Tokens: u.Tokens}
	if len(u.Organizations) > 0 {
		m.Organizations = make(map[string]time.Time, len(u.Organizations))
		for id, since := range u.Organizations {
			m.Organizations[id.String()] = since
		}
	}
	return m
}
