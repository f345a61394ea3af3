package reader

import (
	"errors"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"orgmodes/internal/pubstore"
)

// metrics holds the reader's metrics. Children are resolved once, so that counting
// during a request is one atomic addition. No label identifies an organization or a
// token.
type metrics struct {
	requests        *prometheus.CounterVec
	duration        prometheus.Histogram
	cache           [missCollapsed + 1]prometheus.Counter
	conditional     [preconditionResultCount]prometheus.Counter
	fresh, stale    prometheus.Counter
	authentications [authResultCount]prometheus.Counter
	documentLoads   *loadCounters
	tokenLoads      *loadCounters
	// Evictions make room for other values. A value in memory is worth more than a load.
	documentEvictions prometheus.Counter
	tokenEvictions    prometheus.Counter
	entries           *prometheus.CounterVec
	resyncs           *prometheus.CounterVec
	propagation       prometheus.Histogram
	revocation        prometheus.Histogram
	snapshots         *prometheus.CounterVec
	skew              *windowedMin
}

func newMetrics(r prometheus.Registerer) *metrics {
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "orgmodes", Subsystem: "reader", Name: name, Help: help,
		}, labels)
		r.MustRegister(v)
		return v
	}
	histogram := func(name, help string, buckets ...float64) prometheus.Histogram {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "orgmodes", Subsystem: "reader", Name: name, Help: help, Buckets: buckets,
		})
		r.MustRegister(h)
		return h
	}
	m := &metrics{
		requests: vec("requests_total", "Answers, by status code and representation.", "code", "representation"),
		duration: histogram("request_duration_seconds", "From the request being read to its answer being made.",
			10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5),
		entries: vec("log_entries_total", "Entries of the change log that were applied, by kind.", "kind"),
		resyncs: vec("resyncs_total", "Comparisons of everything resident with Redis, by what made them necessary.", "cause"),
		propagation: histogram("propagation_seconds", "From a change being committed to it being visible here, where it was resident.",
			.001, .0025, .005, .01, .02, .03, .05, .075, .1, .15, .25, .5, 1, 2.5, 5, 10),
		revocation: histogram("revocation_seconds",
			"From a revocation, or the end of a membership, in the database to the log telling of it here, from when on the token counts for nothing.",
			.01, .025, .05, .1, .25, .5, .75, 1, 1.5, 2, 2.5, 3, 5, 10, 30, 60, 300, 900),
		snapshots: vec("snapshots_total", "Attempts to write the snapshot to disk, by result.", "result"),
		skew:      &windowedMin{},
	}
	cache := vec("cache_requests_total", "Documents asked for, by whether they were resident.", "result")
	for o, name := range [...]string{hit: "hit", missStored: "miss", missCollapsed: "collapsed"} {
		m.cache[o] = cache.WithLabelValues(name)
	}
	conditional := vec("conditional_requests_total", "Documents answered, by the outcome of If-None-Match; changed also without that header.", "result")
	for v, name := range [...]string{modified: "changed", notModified: "same", newer: "ahead"} {
		m.conditional[v] = conditional.WithLabelValues(name)
	}
	answers := vec("answers_total", "Documents answered, by whether they were known to be fresh.", "freshness")
	m.fresh, m.stale = answers.WithLabelValues("fresh"), answers.WithLabelValues("stale")
	auth := vec("authentications_total", "Tokens presented, by result.", "result")
	for s, name := range authResultNames {
		m.authentications[s] = auth.WithLabelValues(name)
	}
	loads := vec("loads_total", "Queries to Redis, by kind and result.", "kind", "result")
	m.documentLoads, m.tokenLoads = newLoadCounters(loads, "document"), newLoadCounters(loads, "token")
	evictions := vec("evictions_total", "Evictions from memory, by kind.", "kind")
	m.documentEvictions, m.tokenEvictions = evictions.WithLabelValues("document"), evictions.WithLabelValues("token")
	for _, c := range causes {
		m.resyncs.WithLabelValues(string(c))
	}
	for _, k := range []pubstore.EntryKind{pubstore.EntryDocument, pubstore.EntryToken, pubstore.EntryWatermark} {
		m.entries.WithLabelValues(string(k))
	}
	return m
}

var authResultNames = [authResultCount]string{
	authOK: "ok", authMissing: "missing", authMalformed: "malformed", authForged: "forged",
	authAbsent: "absent", authRevoked: "revoked", authExpired: "expired", authScope: "scope",
	authRateLimited: "over_budget", authUnknown: "unknown",
}

// loadCounters counts loads by result.
type loadCounters struct{ ok, absent, notFilled, failed prometheus.Counter }

func newLoadCounters(v *prometheus.CounterVec, kind string) *loadCounters {
	return &loadCounters{
		ok: v.WithLabelValues(kind, "ok"), absent: v.WithLabelValues(kind, "absent"),
		notFilled: v.WithLabelValues(kind, "unfilled"), failed: v.WithLabelValues(kind, "failed"),
	}
}

func (c *loadCounters) count(err error) {
	switch {
	case err == nil:
		c.ok.Inc()
	case errors.Is(err, pubstore.ErrAbsent):
		c.absent.Inc()
	case errors.Is(err, pubstore.ErrNotFilled):
		c.notFilled.Inc()
	default:
		c.failed.Inc()
	}
}

// statusCodes lists the status codes that the reader answers with; others are counted as 0.
var statusCodes = [...]int{0, 200, 304, 400, 401, 404, 405, 408, 412, 413, 414, 429, 431, 500, 503, 505}

// answers counts the answers of one representation by status code.
type answers [len(statusCodes)]prometheus.Counter

func (m *metrics) answers(representation string) *answers {
	a := &answers{}
	for i, code := range statusCodes {
		a[i] = m.requests.WithLabelValues(strconv.Itoa(code), representation)
	}
	return a
}

func (a *answers) count(status int) {
	for i, code := range statusCodes {
		if code == status {
			a[i].Inc()
			return
		}
	}
	a[0].Inc()
}
