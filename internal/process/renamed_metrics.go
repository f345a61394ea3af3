package process

import (
	"cmp"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// renamedMetrics maps metrics to their names in the previous release. Both are served, so
// that dashboards and alerts can be moved at any time before the next release.
var renamedMetrics = map[string]string{
	"orgmodes_admin_request_duration_seconds":          "orgmodes_admin_request_seconds",
	"orgmodes_reader_answers_total":                    "orgmodes_reader_freshness_total",
	"orgmodes_reader_cache_requests_total":             "orgmodes_reader_cache_total",
	"orgmodes_reader_conditional_requests_total":       "orgmodes_reader_conditional_total",
	"orgmodes_reader_staleness_seconds":                "orgmodes_reader_age_seconds",
	"orgmodes_reader_synced":                           "orgmodes_reader_in_step",
	"orgmodes_reader_watermark_delay_min_seconds":      "orgmodes_reader_mark_delay_seconds_min",
	"orgmodes_worker_late_organizations":               "orgmodes_late_organizations",
	"orgmodes_worker_leader":                           "orgmodes_leading",
	"orgmodes_worker_pending":                          "orgmodes_pending",
	"orgmodes_worker_pending_oldest_seconds":           "orgmodes_pending_oldest_seconds",
	"orgmodes_worker_publication_leases_expired_total": "orgmodes_publication_leases_expired_total",
	"orgmodes_worker_publications_total":               "orgmodes_publications_total",
	"orgmodes_worker_publish_duration_seconds":         "orgmodes_publication_seconds",
	"orgmodes_worker_publish_lag_seconds":              "orgmodes_change_to_published_seconds",
	"orgmodes_worker_publishing_halted":                "orgmodes_publishing_halted",
	"orgmodes_worker_reconciliations_total":            "orgmodes_reconciliations_total",
	"orgmodes_worker_rendering_bytes":                  "orgmodes_rendering_bytes",
	"orgmodes_worker_renderings_total":                 "orgmodes_renderings_total",
	"orgmodes_worker_watermarks_total":                 "orgmodes_marks_total",
}

// renamedLabels maps the old name of a metric to its renamed labels: new name to old name.
var renamedLabels = map[string]map[string]string{
	"orgmodes_admin_request_seconds": {"code": "status"},
}

// withOldNames returns a Gatherer that adds each renamed metric under its old name.
func withOldNames(gatherer prometheus.Gatherer) prometheus.Gatherer {
	return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		families, err := gatherer.Gather()
		for _, f := range families {
			if old, ok := renamedMetrics[f.GetName()]; ok {
				families = append(families, oldFamily(f, old))
			}
		}
		// The text format lists families by name.
		slices.SortFunc(families, func(a, b *dto.MetricFamily) int { return cmp.Compare(a.GetName(), b.GetName()) })
		return families, err
	})
}

func oldFamily(f *dto.MetricFamily, old string) *dto.MetricFamily {
	help := "Deprecated: use " + f.GetName() + "."
	alias := &dto.MetricFamily{Name: &old, Help: &help, Type: f.Type, Metric: f.Metric}
	labels := renamedLabels[old]
	if labels == nil {
		return alias
	}
	alias.Metric = nil
	for _, m := range f.Metric {
		renamed := &dto.Metric{Gauge: m.Gauge, Counter: m.Counter, Histogram: m.Histogram}
		for _, l := range m.Label {
			if name, ok := labels[l.GetName()]; ok {
				l = &dto.LabelPair{Name: &name, Value: l.Value}
			}
			renamed.Label = append(renamed.Label, l)
		}
		alias.Metric = append(alias.Metric, renamed)
	}
	return alias
}
