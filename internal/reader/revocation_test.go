package reader

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A change that reduces access is measured from when it was committed, and no other
// change is.
func TestRevocationsAreMeasured(t *testing.T) {
	registry := prometheus.NewRegistry()
	w := newWorld(t, func(o *Options) { o.Metrics = registry })
	org, _ := w.newOrganization()
	measured := func() (n uint64, seconds float64) {
		all, err := registry.Gather()
		require.NoError(t, err)
		for _, f := range all {
			if f.GetName() == "orgmodes_reader_revocation_seconds" {
				h := f.GetMetric()[0].GetHistogram()
				return h.GetSampleCount(), h.GetSampleSum()
			}
		}
		return 0, 0
	}
	tok, rec := w.newToken(org)
	require.Equal(t, 200, w.modes(org, tok).status)
	for _, step := range []struct {
		edit   func()
		ago    time.Duration
		counts uint64
	}{
		{func() { rec.Scopes = []string{"read", "write"} }, time.Hour, 0},
		{func() { rec.Organizations = nil }, 3 * time.Second, 1}, // its user was removed
		{func() { rec.Organizations = []string{org} }, time.Hour, 0},
		{func() { rec.Revoked = true }, 5 * time.Second, 1},
		{func() { rec.Organizations = nil }, time.Hour, 0}, // the token was already revoked
	} {
		before, sum := measured()
		step.edit()
		rec.Version++
		rec.ChangedAt = time.Now().Add(-step.ago)
		w.publishToken(rec)
		// The entry of a document after it, whose effect is visible.
		w.publish(org, rec.Version)
		w.eventually(func() bool { return w.documents.revision(org) == rec.Version }, "the entry was applied")
		after, now := measured()
		require.Equal(t, step.counts, after-before, "version %d", rec.Version)
		if step.counts > 0 {
			took := now - sum
			assert.GreaterOrEqual(t, took, step.ago.Seconds(), "version %d", rec.Version)
			assert.LessOrEqual(t, took, time.Since(rec.ChangedAt).Seconds(), "version %d", rec.Version)
		}
	}
	assert.Equal(t, 401, w.modes(org, tok).status)

	_, unknown := w.newToken(org)
	before, _ := measured()
	unknown.Revoked, unknown.Version = true, 2
	w.publishToken(unknown)
	w.publish(org, rec.Version+1)
	w.eventually(func() bool { return w.documents.revision(org) == rec.Version+1 }, "the entry was applied")
	after, _ := measured()
	assert.Equal(t, before, after, "the entry has no time")
}

func (d *documents) revision(org string) int64 {
	id, _ := parseOrganization(org)
	doc, ok := d.backend.peek(modesOf(id))
	if !ok {
		return 0
	}
	return doc.newest().Revision
}
