package reader

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"orgmodes/internal/process"
	"orgmodes/internal/token"
)

// reportTimeout bounds one report of token usage.
const reportTimeout = 2 * time.Second

// recordUse records that a resident token was accepted, by one store at most once a
// minute. It ignores a token that has been evicted in between.
func (t *table) recordUse(h token.Hash, now time.Time) {
	minute := uint32(now.Unix() / 60)
	s := t.shard(h)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if i, ok := s.find(h); ok {
		if at := &s.slots[s.index[i]-1]; atomic.LoadUint32(&at.lastUsedMinute) != minute {
			atomic.StoreUint32(&at.lastUsedMinute, minute)
		}
	}
}

// usage returns the tokens of a shard that were last accepted in the given minute or later.
func (s *tableShard) usage(since uint32) map[token.Hash]time.Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := map[token.Hash]time.Time{}
	for n := range s.slots {
		if minute := atomic.LoadUint32(&s.slots[n].lastUsedMinute); s.slots[n].occupied && minute >= since {
			all[s.slots[n].record.hash] = time.Unix(int64(minute)*60, 0)
		}
	}
	return all
}

// reporter reports to the workers, through Redis, which tokens are in use. It runs
// outside of all requests, and nothing depends on it.
type reporter struct {
	log      *slog.Logger
	interval time.Duration
	send     func(context.Context, map[token.Hash]time.Time) error
	table    *table
	clock    Clock
	// since is the first minute that has not been fully reported.
	since     uint32
	lastError string
}

// run reports periodically until ctx is done, and then once more.
func (r *reporter) run(ctx context.Context) {
	r.since = r.minute()
	tick := time.NewTicker(r.interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.report(ctx)
		case <-ctx.Done():
			r.report(context.WithoutCancel(ctx))
			return
		}
	}
}

// report reports everything since the last successful report. The current minute isn't
// over, so the next report includes it again.
func (r *reporter) report(ctx context.Context) {
	now := r.minute()
	ctx, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	for i := range r.table.shards {
		if err := r.send(ctx, r.table.shards[i].usage(r.since)); err != nil {
			if text := process.Redact(err.Error()); text != r.lastError {
				r.lastError = text
				r.log.Warn("reporting token usage failed: will retry", "error", text)
			}
			return
		}
	}
	r.since, r.lastError = now, ""
}

func (r *reporter) minute() uint32 { return uint32(r.clock.now().wall.Unix() / 60) }
