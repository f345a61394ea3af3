package reader

import (
	"math"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// registerGauges registers the metrics that are computed at scrape time.
func (r *Reader) registerGauges(to prometheus.Registerer, canary documentKey) {
	gauge := func(name, help string, f func() float64) {
		to.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "orgmodes", Subsystem: "reader", Name: name, Help: help,
		}, f))
	}
	gauge("resident_documents", "Documents in memory; each collection of an organization is one.", func() float64 { return float64(r.documents.backend.len()) })
	gauge("resident_bytes", "What the documents in memory take.", func() float64 { return float64(r.documents.bytes()) })
	gauge("resident_tokens", "Tokens in memory.", func() float64 { return float64(r.tokens.backend.len()) })
	gauge("synced", "1 while the log is followed and nothing has to be compared.", func() float64 {
		if r.freshness.synced.Load() {
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
		doc, ok := r.documents.backend.peek(canary)
		if !ok {
			return math.NaN()
		}
		return r.clock.now().wall.Sub(doc.committedAt).Seconds()
	})
}

// minWindow is the minimum time for which a value counts; it may count twice as long.
const minWindow = time.Minute

// windowedMin tracks the lowest recent value.
type windowedMin struct {
	mu                      sync.Mutex
	since                   time.Duration
	current, previous       float64
	hasCurrent, hasPrevious bool
}

func (w *windowedMin) observe(v, at time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rotate(at)
	if !w.hasCurrent || v.Seconds() < w.current {
		w.current, w.hasCurrent = v.Seconds(), true
	}
}

// value returns the lowest recent value, or NaN if there was none.
func (w *windowedMin) value(at time.Duration) float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rotate(at)
	switch {
	case w.hasCurrent && w.hasPrevious:
		return min(w.current, w.previous)
	case w.hasCurrent:
		return w.current
	case w.hasPrevious:
		return w.previous
	}
	return math.NaN()
}

func (w *windowedMin) rotate(at time.Duration) {
	if at-w.since < minWindow {
		return
	}
	w.previous, w.hasPrevious = w.current, w.hasCurrent && at-w.since < 2*minWindow
	w.hasCurrent, w.since = false, at
}
