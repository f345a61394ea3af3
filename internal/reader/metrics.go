package reader

import (
	"errors"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"orgmodes/internal/snapshot"
)

// metrics are the reader's counters. Children are resolved once, so that
// counting on the way of a request is one atomic addition. No label names an
// organization or a token.
type metrics struct {
	requests        *prometheus.CounterVec
	cache           [missCollapsed + 1]prometheus.Counter
	authentications [standings]prometheus.Counter
	documentLoads   *loadCounters
	tokenLoads      *loadCounters
	// Evictions make room; what is resident is worth more than a load.
	documentEvictions prometheus.Counter
	tokenEvictions    prometheus.Counter
	entries           *prometheus.CounterVec
	resyncs           *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "orgmodes", Subsystem: "reader", Name: name, Help: help,
		}, labels)
		r.MustRegister(v)
		return v
	}
	m := &metrics{
		requests: vec("requests_total", "Answers, by status code and representation.", "code", "representation"),
		entries:  vec("log_entries_total", "Entries of the change log that were taken note of, by kind.", "kind"),
		resyncs:  vec("resyncs_total", "Comparisons of everything resident with Redis, by what made them necessary.", "cause"),
	}
	cache := vec("cache_total", "Documents asked for, by whether they were resident.", "result")
	for o, name := range [...]string{hit: "hit", missStored: "miss", missCollapsed: "collapsed"} {
		m.cache[o] = cache.WithLabelValues(name)
	}
	auth := vec("authentications_total", "Tokens presented, by what became of them.", "result")
	for s, name := range standingNames {
		m.authentications[s] = auth.WithLabelValues(name)
	}
	loads := vec("loads_total", "Questions to Redis, by kind and result.", "kind", "result")
	m.documentLoads, m.tokenLoads = newLoadCounters(loads, "document"), newLoadCounters(loads, "token")
	evictions := vec("evictions_total", "What had to leave memory for something else, by kind.", "kind")
	m.documentEvictions, m.tokenEvictions = evictions.WithLabelValues("document"), evictions.WithLabelValues("token")
	for _, c := range causes {
		m.resyncs.WithLabelValues(string(c))
	}
	return m
}

var standingNames = [standings]string{
	standingOK: "ok", standingMissing: "missing", standingMalformed: "malformed", standingForged: "forged",
	standingAbsent: "absent", standingRevoked: "revoked", standingExpired: "expired", standingScope: "scope",
	standingBudget: "over_budget", standingUnknown: "unknown",
}

// loadCounters count what became of loads.
type loadCounters struct{ ok, absent, unfilled, failed prometheus.Counter }

func newLoadCounters(v *prometheus.CounterVec, kind string) *loadCounters {
	return &loadCounters{
		ok: v.WithLabelValues(kind, "ok"), absent: v.WithLabelValues(kind, "absent"),
		unfilled: v.WithLabelValues(kind, "unfilled"), failed: v.WithLabelValues(kind, "failed"),
	}
}

func (c *loadCounters) count(err error) {
	switch {
	case err == nil:
		c.ok.Inc()
	case errors.Is(err, snapshot.ErrAbsent):
		c.absent.Inc()
	case errors.Is(err, snapshot.ErrUnfilled):
		c.unfilled.Inc()
	default:
		c.failed.Inc()
	}
}

// The status codes that the reader answers with; others are counted as 0.
var codes = [...]int{0, 200, 304, 400, 401, 404, 405, 408, 413, 429, 431, 500, 503}

// answers counts the answers of one representation.
type answers [len(codes)]prometheus.Counter

func (m *metrics) answers(representation string) *answers {
	a := &answers{}
	for i, code := range codes {
		a[i] = m.requests.WithLabelValues(strconv.Itoa(code), representation)
	}
	return a
}

func (a *answers) count(status int) {
	for i, code := range codes {
		if code == status {
			a[i].Inc()
			return
		}
	}
	a[0].Inc()
}

// watch exports how much is resident.
func (m *metrics) watch(r prometheus.Registerer, d *documents, t *tokens) {
	gauge := func(name, help string, f func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "orgmodes", Subsystem: "reader", Name: name, Help: help,
		}, f))
	}
	gauge("resident_documents", "Documents in memory.", func() float64 { return float64(d.memory.len()) })
	gauge("resident_bytes", "What the documents in memory take.", func() float64 { return float64(d.bytes()) })
	gauge("resident_tokens", "Tokens in memory.", func() float64 { return float64(t.memory.len()) })
}
