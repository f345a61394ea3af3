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
	withCache(t, func(t *testing.T, s *cache[string, *entry], l *fakeRedis) {
		l.log.reached.Store(10)
		l.at = pubstore.Position{N: 9}
		release := l.hold()
		go func() { _, _, _ = s.fetch(t.Context(), "k") }()
		synctest.Wait()
		l.Lock()
		l.at.N = 10
		l.Unlock()
		release()
		synctest.Wait()
		b, _ := s.resident("k")
		assert.Equal(t, uint64(1), b.verified)
		assert.Equal(t, 2, l.queries())
	})
}

// If every answer lags, the value is served unconfirmed, and queries continue
// until an answer doesn't lag.
func TestPersistentlyLaggingAnswerIsServedUnverified(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], l *fakeRedis) {
		l.log.reached.Store(10)
		b, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		assert.Equal(t, uint64(unverified), b.verified)
		assert.Equal(t, maxAttempts, l.queries())
		l.Lock()
		l.at.N = 10
		l.Unlock()
		time.Sleep(time.Second)
		synctest.Wait()
		b, _ = s.resident("k")
		assert.Equal(t, uint64(1), b.verified)
		asked := l.queries()
		time.Sleep(time.Minute)
		assert.Equal(t, asked, l.queries(), "and then no more")
		// A key missing from such a Redis does not count as absent.
		l.log.reached.Store(11)
		s.removeAbsent = true
		l.set(0, pubstore.ErrAbsent)
		_, _, err = s.fetch(t.Context(), "another")
		require.ErrorIs(t, err, errBehind)
		s.recheck(t.Context(), "k")
		assert.Equal(t, int64(1), revision(t, s))
	})
}

// A value that was loaded while no log was followed is confirmed by a comparison.
func TestComparisonVerifiesLoadedValue(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], l *fakeRedis) {
		followed := l.log
		l.log = nil
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		assert.Equal(t, 1, l.queries(), "there is nothing to wait for")
		l.log = followed
		assert.False(t, s.compareVersion("k", version(1), 4))
		b, _ := s.resident("k")
		assert.Equal(t, uint64(4), b.verified)
		assert.False(t, s.compareVersion("k", version(0), 5), "what Redis has lost stays")
		b, _ = s.resident("k")
		assert.Equal(t, uint64(4), b.verified, "what an earlier one confirmed stays so")
		assert.False(t, s.compareVersion("another", version(1), 5))
		assert.True(t, s.compareVersion("k", version(2), 5))
		b, _ = s.resident("k")
		assert.True(t, b.outdated())
	})
}

func TestMerge(t *testing.T) {
	at := func(revision int64, verified uint64) *entry {
		return &entry{version: version(revision), verified: verified}
	}
	for name, c := range map[string]struct{ have, loaded, want *entry }{
		"newer":                      {at(1, 1), at(2, 2), at(2, 1)},
		"newer, of nobody knows":     {at(1, 1), at(2, unverified), at(2, 1)},
		"the same, now confirmed":    {at(1, unverified), at(1, 2), at(1, 2)},
		"older, and confirmed":       {at(2, unverified), at(1, 2), at(2, 2)},
		"older than what is told of": {at(1, 1).markOutdated(version(3)), at(2, 2), at(2, 1).markOutdated(version(3))},
		"what was told of":           {at(1, 1).markOutdated(version(3)), at(3, 2), at(3, 1)},
	} {
		assert.Equal(t, c.want, merge(c.have, c.loaded), name)
	}
}
