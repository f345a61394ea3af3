package worker

import (
	"context"
	"time"

	"orgmodes/internal/postgres"
	"orgmodes/internal/pubstore"
)

const (
	// watermarkInterval is how often a watermark is written.
	watermarkInterval = time.Second
	// maxExclusions is how many unpublished subjects a watermark names; with more, it
	// promises only what holds for all of them.
	maxExclusions = 100
)

// runWatermarks writes a watermark to Redis once a second until ctx is done. If it can't,
// it writes nothing, and readers detect that by themselves.
func (p *Publisher) runWatermarks(ctx context.Context) {
	tick := time.NewTicker(watermarkInterval)
	defer tick.Stop()
	for {
		if p.synced.Load() && p.Halted() == "" {
			if err := p.writeWatermark(ctx); err != nil && ctx.Err() == nil {
				p.metrics.Watermarks.WithLabelValues("failed").Inc()
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

func (p *Publisher) writeWatermark(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, RedisTimeout)
	defer cancel()
	u, err := p.store.Unpublished(ctx, maxExclusions)
	if err != nil {
		return err
	}
	out, err := p.redis.PublishWatermark(ctx, u.Installation.Incarnation, newWatermark(u))
	if err != nil {
		return err
	}
	p.metrics.Watermarks.WithLabelValues(string(out.Status)).Inc()
	return nil
}

// newWatermark returns the watermark that can be promised while some subjects are
// unpublished.
func newWatermark(u postgres.Unpublished) pubstore.Watermark {
	if u.More {
		return pubstore.Watermark{AsOf: u.Oldest}
	}
	m := pubstore.Watermark{AsOf: u.At, Tokens: u.Tokens}
	if len(u.Organizations) > 0 {
		m.Organizations = make(map[string]time.Time, len(u.Organizations))
		for id, since := range u.Organizations {
			m.Organizations[id.String()] = since
		}
	}
	return m
}
