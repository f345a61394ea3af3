package reader

import (
	"math"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// watch registers the metrics that are computed at scrape time.
func (r *Reader) watch(to prometheus.Registerer, canary documentKey) {
	gauge := func(name, help string, f func() float64) {
		to.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "orgmodes", Subsystem: "reader", Name: name, Help: help,
		}, f))
	}
	gauge("resident_documents", "Documents in memory; each collection of an organization is one.", func() float64 { return float64(r.documents.memory.len()) })
	gauge("resident_bytes", "What the documents in memory take.", func() float64 { return float64(r.documents.bytes()) })
	gauge("resident_tokens", "Tokens in memory.", func() float64 { return float64(r.tokens.memory.len()) })
	gauge("synced", "1 while the log is followed and nothing has to be compared.", func() float64 {
		if r.freshness.settled.Load() {
			return 1
		}
		return 0
	})
	gauge("staleness_seconds", "Maximum age of the data in memory, apart from unpublished changes; NaN before the first watermark.", func() float64 {
		l := r.freshness.lease.Load()
		if l == nil {
			return math.NaN()
		}
		return l.age(l.asOf, r.clock.now()).Seconds()
	})
	gauge("watermark_delay_min_seconds", "The shortest time from a watermark being written to it being read, in the last minute or two. "+
		"Below zero, or far above, the clocks of database and reader differ; up to 0.25 is allowed for.", func() float64 {
		return r.metrics.skew.value(r.clock.mono())
	})
	if canary == (documentKey{}) {
		return
	}
	gauge("canary_age_seconds", "How long ago the canary in memory was committed; NaN without one.", func() float64 {
		doc, ok := r.documents.memory.peek(canary)
		if !ok {
			return math.NaN()
		}
		return r.clock.now().wall.Sub(doc.committedAt).Seconds()
	})
}

// lowestFor is the least time for which a lowest value counts; it may count twice as long.
const lowestFor = time.Minute

// lowest tracks the lowest recent value.
type lowest struct {
	mu           sync.Mutex
	since        time.Duration
	now, before  float64
	any, anyThen bool
}

func (l *lowest) observe(v, at time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn(at)
	if !l.any || v.Seconds() < l.now {
		l.now, l.any = v.Seconds(), true
	}
}

// value returns the lowest recent value, or NaN if there was none.
func (l *lowest) value(at time.Duration) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn(at)
	switch {
	case l.any && l.anyThen:
		return min(l.now, l.before)
	case l.any:
		return l.now
	case l.anyThen:
		return l.before
	}
	return math.NaN()
}

func (l *lowest) turn(at time.Duration) {
	if at-l.since < lowestFor {
		return
	}
	l.before, l.anyThen = l.now, l.any && at-l.since < 2*lowestFor
	l.any, l.since = false, at
}
