package worker

import "github.com/prometheus/client_golang/prometheus"

// Metrics holds the metrics of a worker, and is a prometheus.Collector. No label names an
// organization.
type Metrics struct {
	Publications *prometheus.CounterVec
	Rendered     *prometheus.CounterVec
	Duration     prometheus.Histogram
	Propagation  prometheus.Histogram
	Pending      *prometheus.GaugeVec
	Oldest       *prometheus.GaugeVec
	Late         prometheus.Gauge
	Rendering    prometheus.Gauge
	Expired      prometheus.Counter
	Reconciled   prometheus.Counter
	Watermarks   *prometheus.CounterVec
	Halted       prometheus.Gauge
	Leading      prometheus.Gauge
}

// NewMetrics returns new Metrics.
func NewMetrics() *Metrics {
	buckets := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	return &Metrics{
		Publications: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orgmodes_worker_publications_total", Help: "Publications, by kind (document, token) and outcome: coalesced if another publication of the organization, already running, covers it.",
		}, []string{"kind", "outcome"}),
		Rendered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orgmodes_worker_renderings_total", Help: "Renderings, by collection; unchanged collections are not rendered.",
		}, []string{"collection"}),
		Duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "orgmodes_worker_publish_duration_seconds", Help: "From reading an organization's library to having it published.", Buckets: buckets,
		}),
		Propagation: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "orgmodes_worker_publish_lag_seconds", Help: "From a change to its being in Redis.", Buckets: buckets,
		}),
		Pending: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "orgmodes_worker_pending", Help: "Organizations and tokens with an unpublished change; reported by the leading worker.",
		}, []string{"kind"}),
		Oldest: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "orgmodes_worker_pending_oldest_seconds", Help: "Age of the oldest unpublished change, by kind; 0 if there is none. Reported by the leading worker.",
		}, []string{"kind"}),
		Late: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "orgmodes_worker_late_organizations", Help: "Organizations with a change that has been unpublished for more than a minute.",
		}),
		Rendering: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "orgmodes_worker_rendering_bytes", Help: "Memory reserved for libraries that are being rendered.",
		}),
		Expired: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "orgmodes_worker_publication_leases_expired_total", Help: "Publications whose lease expired, returned to the queue by the leading worker.",
		}),
		Reconciled: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "orgmodes_worker_reconciliations_total", Help: "How often Redis was refilled.",
		}),
		Watermarks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orgmodes_worker_watermarks_total", Help: "Watermarks, by outcome; without them, readers report stale data.",
		}, []string{"outcome"}),
		Halted: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "orgmodes_worker_publishing_halted", Help: "1 while Redis is ahead of Postgres and an operator has to decide.",
		}),
		Leading: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "orgmodes_worker_leader", Help: "1 on the worker that reconciles and sweeps.",
		}),
	}
}

func (m *Metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.Publications, m.Rendered, m.Duration, m.Propagation, m.Pending, m.Oldest, m.Late, m.Rendering, m.Expired, m.Reconciled, m.Watermarks, m.Halted, m.Leading}
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range m.all() {
		c.Describe(ch)
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	for _, c := range m.all() {
		c.Collect(ch)
	}
}
