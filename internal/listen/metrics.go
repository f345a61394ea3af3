package listen

import "github.com/prometheus/client_golang/prometheus"

// The reasons for refusing or cutting a connection.
const (
	reasonTotal   = "total"
	reasonAddress = "address"
	reasonSlow    = "slow"
	reasonIdle    = "idle"
)

type metrics struct {
	acceptFailures prometheus.Counter
	refused, cut   map[string]prometheus.Counter
}

func newMetrics(o Options, open func() int) (*metrics, error) {
	name := func(what, help string) prometheus.Opts {
		return prometheus.Opts{Namespace: "orgmodes", Subsystem: o.Program, Name: what, Help: help}
	}
	refused := prometheus.NewCounterVec(prometheus.CounterOpts(name("connections_refused_total",
		"Connections refused, by the limit: total, or address.")), []string{"reason"})
	cut := prometheus.NewCounterVec(prometheus.CounterOpts(name("connections_cut_total",
		"Connections cut: slow, a client that received too slowly; idle, for a new one at a limit.")), []string{"reason"})
	m := &metrics{
		acceptFailures: prometheus.NewCounter(prometheus.CounterOpts(name("accept_failures_total",
			"Failures to accept a connection, such as for want of descriptors."))),
		refused: map[string]prometheus.Counter{}, cut: map[string]prometheus.Counter{},
	}
	for _, reason := range []string{reasonTotal, reasonAddress} {
		m.refused[reason] = refused.WithLabelValues(reason)
	}
	for _, reason := range []string{reasonSlow, reasonIdle} {
		m.cut[reason] = cut.WithLabelValues(reason)
	}
	if o.Metrics == nil {
		return m, nil
	}
	limit := float64(o.Limits.Total)
	for _, c := range []prometheus.Collector{
		refused, cut, m.acceptFailures,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts(name("connections", "Connections that are open.")), func() float64 { return float64(open()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts(name("connections_limit", "How many connections may be open.")), func() float64 { return limit }),
	} {
		if err := o.Metrics.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
