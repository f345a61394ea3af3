package reader

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/pubstore"
)

// An answer that predates the newest log entry is discarded, and the query is
// repeated.
func TestLaggingAnswerIsDiscardedAndRetried(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], r *fakeRedis) {
		r.log.reached.Store(10)
		r.at = pubstore.Position{N: 9}
		release := r.hold()
		go func() { _, _, _ = s.fetch(t.Context(), "k") }()
		synctest.Wait()
		r.Lock()
		r.at.N = 10
		r.Unlock()
		release()
		synctest.Wait()
		e, _ := s.resident("k")
		assert.Equal(t, uint64(1), e.verified)
		assert.Equal(t, 2, r.queries())
	})
}

// If every answer lags, the value is served unverified, and queries continue until an
// answer doesn't lag.
func TestPersistentlyLaggingAnswerIsServedUnverified(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], r *fakeRedis) {
		r.log.reached.Store(10)
		e, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		assert.Equal(t, uint64(unverified), e.verified)
		assert.Equal(t, maxAttempts, r.queries())
		r.Lock()
		r.at.N = 10
		r.Unlock()
		time.Sleep(time.Second)
		synctest.Wait()
		e, _ = s.resident("k")
		assert.Equal(t, uint64(1), e.verified)
		queries := r.queries()
		time.Sleep(time.Minute)
		assert.Equal(t, queries, r.queries(), "and then no more")
		// A key missing from such a Redis does not count as absent.
		r.log.reached.Store(11)
		s.removeAbsent = true
		r.set(0, pubstore.ErrAbsent)
		_, _, err = s.fetch(t.Context(), "another")
		require.ErrorIs(t, err, errBehind)
		s.recheck(t.Context(), "k")
		assert.Equal(t, int64(1), revision(t, s))
	})
}

// A value that was loaded while no log was followed is verified by a comparison.
func TestComparisonVerifiesLoadedValue(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], r *fakeRedis) {
		followed := r.log
		r.log = nil
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		assert.Equal(t, 1, r.queries(), "there is nothing to wait for")
		r.log = followed
		assert.False(t, s.compareVersion("k", version(1), 4))
		e, _ := s.resident("k")
		assert.Equal(t, uint64(4), e.verified)
		assert.False(t, s.compareVersion("k", version(0), 5), "what Redis has lost stays")
		e, _ = s.resident("k")
		assert.Equal(t, uint64(4), e.verified, "what an earlier segment verified stays verified")
		assert.False(t, s.compareVersion("another", version(1), 5))
		assert.True(t, s.compareVersion("k", version(2), 5))
		e, _ = s.resident("k")
		assert.True(t, e.outdated())
	})
}

func TestMerge(t *testing.T) {
	at := func(revision int64, verified uint64) *entry {
		return &entry{version: version(revision), verified: verified}
	}
	for name, c := range map[string]struct{ have, loaded, want *entry }{
		"newer":                  {at(1, 1), at(2, 2), at(2, 1)},
		"newer, unverified":      {at(1, 1), at(2, unverified), at(2, 1)},
		"the same, now verified": {at(1, unverified), at(1, 2), at(1, 2)},
		"older, and verified":    {at(2, unverified), at(1, 2), at(2, 2)},
		"older than announced":   {at(1, 1).markOutdated(version(3)), at(2, 2), at(2, 1).markOutdated(version(3))},
		"the announced one":      {at(1, 1).markOutdated(version(3)), at(3, 2), at(3, 1)},
	} {
		assert.Equal(t, c.want, merge(c.have, c.loaded), name)
	}
}
