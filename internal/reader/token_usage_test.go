package reader

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

// drainUsage returns the uses that the reader has reported since the last call.
func (w *world) drainUsage() map[token.Hash]time.Time {
	w.t.Helper()
	all := map[token.Hash]time.Time{}
	require.NoError(w.t, w.store.DrainUsage(w.t.Context(), func(page map[token.Hash]time.Time) error {
		for h, at := range page {
			all[h] = at
		}
		return nil
	}))
	return all
}

// An accepted token is reported at the latest when the reader ends; a refused one never.
func TestTokenUsageIsReported(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.UsageReportInterval = time.Hour })
	org, tok := w.newOrganization()
	_, strange := w.newOrganization()
	revoked, rec := w.newToken(org)
	rec.Revoked, rec.Version = true, 2
	w.publishToken(rec)
	before := time.Now().Truncate(time.Minute)
	for _, presented := range []string{tok, tok, strange, revoked, w.keys.Mint()} {
		w.modes(org, presented)
	}
	require.Empty(t, w.drainUsage(), "it is not yet time")
	w.stop()
	reported := w.drainUsage()
	require.Len(t, reported, 1)
	at := reported[token.HashOf([]byte(tok))]
	assert.False(t, at.Before(before) || at.After(time.Now()), at)
}

// While Redis is unavailable, uses are retained, and they are reported once it is back. A
// token that is no longer used is not reported again.
func TestTokenUsageIsRetainedWhileRedisIsUnavailable(t *testing.T) {
	w := newWorld(t)
	org, tok := w.newOrganization()
	hash := token.HashOf([]byte(tok))
	w.reporter.since = w.reporter.minute()
	require.Equal(t, 200, w.modes(org, tok).status)
	w.redis.Kill()
	w.advanceClock(3 * time.Minute)
	require.Equal(t, 200, w.modes(org, tok).status)
	used, _ := w.now()
	w.advanceClock(3 * time.Minute)
	w.reporter.report(t.Context())
	w.redis.Restart()
	w.reporter.report(t.Context())
	reported := w.drainUsage()
	require.Len(t, reported, 1)
	assert.True(t, reported[hash].Equal(used.Truncate(time.Minute)), reported[hash])
	w.reporter.report(t.Context())
	assert.Empty(t, w.drainUsage())
}

// A replaced record still belongs to the same token.
func TestTokenUsageSurvivesRecordReplacement(t *testing.T) {
	n := newTable(1, func() {})
	var h token.Hash
	n.set(h, record{})
	now := time.Unix(1_700_000_000, 0)
	n.recordUse(h, now)
	n.set(h, record{}.markOutdated(pubstore.Version{Epoch: 1, Revision: 2}))
	minute := uint32(now.Unix() / 60)
	assert.Len(t, n.shards[0].usage(minute), 1)
	assert.Empty(t, n.shards[0].usage(minute+1))
	n.remove(h)
	n.recordUse(h, now)
	assert.Empty(t, n.shards[0].usage(minute))
}
