package reader

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/pubstore"
)

// entry is a value on a shelf.
type entry struct {
	version, latestKnown pubstore.Version
	queried              time.Duration
	verified             uint64
	// strict means that it must not be used while it is outdated.
	strict bool
}

func (b *entry) publishedVersion() pubstore.Version { return b.version }
func (b *entry) newest() pubstore.Version           { return maxVersion(b.version, b.latestKnown) }
func (b *entry) outdated() bool                     { return b.version.Compare(b.latestKnown) < 0 }
func (b *entry) queriedAt() time.Duration           { return b.queried }
func (b *entry) usable() bool                       { return !b.strict || !b.outdated() }
func (b *entry) verifiedBy() uint64                 { return b.verified }

func (b *entry) markOutdated(newest pubstore.Version) *entry {
	other := *b
	other.latestKnown = newest
	return &other
}

func (b *entry) markVerified(by uint64) *entry {
	other := *b
	other.verified = by
	return &other
}

// fakeRedis is the Redis of these tests. It records the queries.
type fakeRedis struct {
	start time.Time
	sync.Mutex
	revision  int64
	err       error
	queriedAt []time.Time
	gate      chan struct{} // closed: queries are answered
	at        pubstore.Position
	strict    bool
	log       *segment
}

func (l *fakeRedis) load(ctx context.Context, _ string) (*entry, pubstore.Position, error) {
	l.Lock()
	asked := time.Now()
	l.queriedAt = append(l.queriedAt, asked)
	revision, err, gate, at, strict := l.revision, l.err, l.gate, l.at, l.strict
	l.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return nil, at, ctx.Err()
		}
	}
	if err != nil {
		return nil, at, err
	}
	return &entry{version: version(revision), queried: asked.Sub(l.start), strict: strict}, at, nil
}

func (l *fakeRedis) set(revision int64, err error) {
	l.Lock()
	defer l.Unlock()
	l.revision, l.err = revision, err
}

func (l *fakeRedis) hold() (release func()) {
	l.Lock()
	defer l.Unlock()
	gate := make(chan struct{})
	l.gate = gate
	return func() {
		l.Lock()
		l.gate = nil
		l.Unlock()
		close(gate)
	}
}

func (l *fakeRedis) queries() int {
	l.Lock()
	defer l.Unlock()
	return len(l.queriedAt)
}

// withCache runs a test of a shelf in a synctest bubble, where time passes only when
// all goroutines wait.
func withCache(t *testing.T, f func(t *testing.T, s *cache[string, *entry], l *fakeRedis)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &fakeRedis{start: time.Now(), revision: 1, log: &segment{number: 1}}
		m := newMetrics(prometheus.NewRegistry())
		s := &cache[string, *entry]{
			backend:        newWeightedBackend(100, func(string, *entry) uint32 { return 1 }, func() {}),
			load:           l.load,
			following:      func() *segment { return l.log },
			reloadInterval: 100 * time.Millisecond, queryTimeout: queryTimeout, slots: make(chan struct{}, 4), loads: m.documentLoads,
			now: func() time.Duration { return time.Since(l.start) },
		}
		s.open()
		defer s.close()
		f(t, s, l)
	})
}

func revision(t *testing.T, s *cache[string, *entry]) int64 {
	t.Helper()
	b, ok := s.resident("k")
	if !ok {
		return 0
	}
	return b.version.Revision
}

func TestConcurrentFetchesShareOneLoad(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], l *fakeRedis) {
		release := l.hold()
		var wg sync.WaitGroup
		outcomes := make([]lookupResult, 20)
		for i := range outcomes {
			wg.Go(func() {
				b, o, err := s.fetch(t.Context(), "k")
				assert.NoError(t, err)
				assert.Equal(t, version(1), b.version)
				outcomes[i] = o
			})
		}
		synctest.Wait()
		release()
		wg.Wait()
		assert.Equal(t, 1, l.queries())
		misses := 0
		for _, o := range outcomes {
			if o == missStored {
				misses++
			}
		}
		assert.Equal(t, 1, misses)
	})
}

// A version that the log announces during a load must be in the loaded value.
func TestLoadInFlightIncludesAnnouncedVersion(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], l *fakeRedis) {
		release := l.hold()
		go func() { _, _, _ = s.fetch(t.Context(), "k") }()
		synctest.Wait() // it has read revision 1
		l.set(2, nil)
		s.markNewer("k", version(2))
		release()
		synctest.Wait()
		assert.Equal(t, int64(2), revision(t, s))
		assert.Equal(t, 2, l.queries())
	})
}

// The same holds for a comparison with Redis: a load that began before it must query again.
func TestLoadInFlightQueriesAgainAfterRecheck(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], l *fakeRedis) {
		release := l.hold()
		go func() { _, _, _ = s.fetch(t.Context(), "k") }()
		synctest.Wait()
		l.set(2, nil)
		assert.Empty(t, s.recheckInFlight())
		release()
		synctest.Wait()
		assert.Equal(t, int64(2), revision(t, s))
	})
}

func TestReloadsOfOneKeyAreSpaced(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], l *fakeRedis) {
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		// No change comes at the instant of a load, which would query again at once.
		time.Sleep(2 * time.Millisecond)
		for i := range 200 {
			l.set(int64(i+2), nil)
			s.markNewer("k", version(int64(i+2)))
			time.Sleep(5 * time.Millisecond) // the bubble's time: no real wait
		}
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, int64(201), revision(t, s))
		for i := 1; i < len(l.queriedAt); i++ {
			assert.GreaterOrEqual(t, l.queriedAt[i].Sub(l.queriedAt[i-1]), 100*time.Millisecond)
		}
		assert.InDelta(t, 11, len(l.queriedAt), 1)
	})
}

func TestOlderVersionNeverReplacesNewer(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], l *fakeRedis) {
		l.set(5, nil)
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		l.set(3, nil) // a replica that lags
		time.Sleep(time.Second)
		s.recheck(t.Context(), "k")
		assert.Equal(t, int64(5), revision(t, s))
		s.replace("k", &entry{version: version(4)})
		assert.Equal(t, int64(5), revision(t, s))
		require.NoError(t, s.reload(t.Context(), map[string]pubstore.Version{"k": version(3)}))
		assert.Equal(t, int64(5), revision(t, s))
		// The log announces 6, Redis has 3: the resident 5 stays until 6 is there.
		s.markNewer("k", version(6))
		time.Sleep(3 * time.Second)
		assert.Equal(t, int64(5), revision(t, s))
		l.set(6, nil)
		time.Sleep(maxRetryDelay)
		synctest.Wait()
		assert.Equal(t, int64(6), revision(t, s))
	})
}

func TestFailedReloadIsRetried(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], l *fakeRedis) {
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		l.set(0, errors.New("away"))
		s.markNewer("k", version(2))
		time.Sleep(time.Minute)
		assert.Equal(t, int64(1), revision(t, s), "it stays meanwhile")
		assert.Less(t, l.queries(), 30)
		l.set(2, nil)
		time.Sleep(maxRetryDelay)
		synctest.Wait()
		assert.Equal(t, int64(2), revision(t, s))
		asked := l.queries()
		time.Sleep(time.Minute)
		assert.Equal(t, asked, l.queries(), "and then no more")
	})
}

func TestConcurrentLoadsAreBounded(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], l *fakeRedis) {
		release := l.hold()
		for _, k := range "abcdefghij" {
			go func() { _, _, _ = s.fetch(t.Context(), string(k)) }()
		}
		synctest.Wait()
		assert.Equal(t, 4, l.queries())
		release()
		synctest.Wait()
		assert.Equal(t, 10, l.queries())
	})
}

// If Redis hangs, every caller gets an answer in time, and so does the next one.
func TestQueryHasDeadline(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], l *fakeRedis) {
		defer l.hold()()
		start := time.Now()
		_, _, err := s.fetch(t.Context(), "k")
		require.Error(t, err)
		assert.Equal(t, queryTimeout, time.Since(start))
	})
}

func TestConcurrentRechecksShareOneLoad(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], l *fakeRedis) {
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		s.recheck(t.Context(), "k")
		assert.Equal(t, 1, l.queries(), "it was just asked")
		time.Sleep(time.Second)
		release := l.hold()
		ctx, cancel := context.WithTimeout(t.Context(), recheckTimeout)
		defer cancel()
		start := time.Now()
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { s.recheck(ctx, "k") })
		}
		wg.Wait()
		assert.Equal(t, recheckTimeout, time.Since(start))
		assert.Equal(t, 2, l.queries())
		release()
	})
}

// An authoritative absence removes a token; a document stays.
func TestAbsenceRemovesTokenButNotDocument(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], l *fakeRedis) {
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		time.Sleep(time.Second)
		l.set(0, pubstore.ErrAbsent)
		s.recheck(t.Context(), "k")
		assert.Equal(t, int64(1), revision(t, s))
		s.removeAbsent = true
		time.Sleep(time.Second)
		s.recheck(t.Context(), "k")
		assert.Equal(t, int64(0), revision(t, s))
	})
}

// A version that the log announced but Redis doesn't have is no authoritative absence.
func TestAbsenceOfAnnouncedVersionIsNotAuthoritative(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], l *fakeRedis) {
		s.removeAbsent = true
		release := l.hold()
		l.set(0, pubstore.ErrAbsent)
		failed := make(chan error)
		go func() {
			_, _, err := s.fetch(t.Context(), "k")
			failed <- err
		}()
		synctest.Wait()
		s.markNewer("k", version(2))
		release()
		require.ErrorIs(t, <-failed, errBehind)
	})
}

func TestUnusableValueIsReloadedBeforeUse(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], l *fakeRedis) {
		l.strict = true
		s.reloadInterval = 0
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		release := l.hold()
		s.markNewer("k", version(2))
		assert.Equal(t, int64(0), revision(t, s), "at once")
		release()
		time.Sleep(time.Second)
		assert.Equal(t, int64(0), revision(t, s), "an older one does not bring it back")
		l.set(2, nil)
		time.Sleep(maxRetryDelay)
		synctest.Wait()
		assert.Equal(t, int64(2), revision(t, s))
	})
}
