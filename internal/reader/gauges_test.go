package reader

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWindowedMinForgetsOldValues(t *testing.T) {
	m := &windowedMin{}
	assert.True(t, math.IsNaN(m.value(0)))
	m.observe(3*time.Second, time.Second)
	m.observe(2*time.Second, 2*time.Second)
	m.observe(4*time.Second, 3*time.Second)
	assert.InDelta(t, 2, m.value(4*time.Second), 0)
	m.observe(3*time.Second, 70*time.Second)
	assert.InDelta(t, 2, m.value(71*time.Second), 0, "the last while is part of it")
	m.observe(-time.Second, 72*time.Second)
	assert.InDelta(t, -1, m.value(73*time.Second), 0)
	assert.InDelta(t, -1, m.value(140*time.Second), 0)
	assert.True(t, math.IsNaN(m.value(time.Hour)), "long ago")
}

// Every metric named in the manual is exported, and no label identifies an
// organization or a token.
func TestDocumentedMetricsAreExported(t *testing.T) {
	registry := prometheus.NewRegistry()
	w := newWorld(t, func(o *Options) {
		o.Metrics, o.SnapshotDir, o.SnapshotInterval, o.Canary = registry, t.TempDir(), time.Hour, "00000000-0000-4000-8000-00006f6d6361"
	})
	x := w.newWarmOrganization()
	w.requireServed(x)
	w.publish(x.org, 2)
	w.awaitRevision(x.org, x.tok, 2)
	w.modes(x.org, x.tok, "If-None-Match", `"9.9.0123456789abcdef"`)
	_, gone := w.newToken(x.org)
	gone.Revoked, gone.Version, gone.ChangedAt = true, 2, time.Now()
	w.publishToken(gone)
	w.publish(x.org, 3)
	w.awaitRevision(x.org, x.tok, 3)
	w.follower.disk.save()

	all, err := registry.Gather()
	require.NoError(t, err)
	values := map[string]uint64{}
	for _, f := range all {
		name := strings.TrimPrefix(f.GetName(), "orgmodes_reader_")
		values[name] = 0
		for _, m := range f.GetMetric() {
			values[name] += m.GetHistogram().GetSampleCount() + uint64(m.GetCounter().GetValue())
			for _, l := range m.GetLabel() {
				assert.Contains(t, []string{
					"code", "representation", "result", "freshness", "kind", "cause",
				}, l.GetName())
				assert.NotContains(t, l.GetValue(), x.org)
			}
		}
	}
	for _, name := range []string{
		"requests_total", "request_duration_seconds", "conditional_requests_total", "answers_total", "cache_requests_total", "loads_total",
		"authentications_total", "log_entries_total", "resyncs_total", "propagation_seconds", "revocation_seconds", "snapshots_total",
	} {
		assert.NotZero(t, values[name], name)
	}
	for _, name := range []string{
		"staleness_seconds", "synced", "watermark_delay_min_seconds", "canary_age_seconds", "evictions_total",
		"resident_documents", "resident_bytes", "resident_tokens",
	} {
		assert.Contains(t, values, name)
	}
}
