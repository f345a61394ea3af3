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

// entry is a value in a cache.
type entry struct {
	version, latestKnown pubstore.Version
	queried              time.Duration
	verified             uint64
	// strict means that it must not be used while it is outdated.
	strict bool
}

func (e *entry) publishedVersion() pubstore.Version { return e.version }
func (e *entry) newest() pubstore.Version           { return maxVersion(e.version, e.latestKnown) }
func (e *entry) outdated() bool                     { return e.version.Compare(e.latestKnown) < 0 }
func (e *entry) queriedAt() time.Duration           { return e.queried }
func (e *entry) usable() bool                       { return !e.strict || !e.outdated() }
func (e *entry) verifiedBy() uint64                 { return e.verified }

func (e *entry) markOutdated(newest pubstore.Version) *entry {
	other := *e
	other.latestKnown = newest
	return &other
}

func (e *entry) markVerified(by uint64) *entry {
	other := *e
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

func (r *fakeRedis) load(ctx context.Context, _ string) (*entry, pubstore.Position, error) {
	r.Lock()
	queried := time.Now()
	r.queriedAt = append(r.queriedAt, queried)
	revision, err, gate, at, strict := r.revision, r.err, r.gate, r.at, r.strict
	r.Unlock()
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
	return &entry{version: version(revision), queried: queried.Sub(r.start), strict: strict}, at, nil
}

func (r *fakeRedis) set(revision int64, err error) {
	r.Lock()
	defer r.Unlock()
	r.revision, r.err = revision, err
}

func (r *fakeRedis) hold() (release func()) {
	r.Lock()
	defer r.Unlock()
	gate := make(chan struct{})
	r.gate = gate
	return func() {
		r.Lock()
		r.gate = nil
		r.Unlock()
		close(gate)
	}
}

func (r *fakeRedis) queries() int {
	r.Lock()
	defer r.Unlock()
	return len(r.queriedAt)
}

// withCache runs a test of a cache in a synctest bubble, where time passes only when all
// goroutines wait.
func withCache(t *testing.T, f func(t *testing.T, s *cache[string, *entry], r *fakeRedis)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &fakeRedis{start: time.Now(), revision: 1, log: &segment{number: 1}}
		m := newMetrics(prometheus.NewRegistry())
		s := &cache[string, *entry]{
			backend:        newWeightedBackend(100, func(string, *entry) uint32 { return 1 }, func() {}),
			load:           r.load,
			following:      func() *segment { return r.log },
			reloadInterval: 100 * time.Millisecond, queryTimeout: queryTimeout, slots: make(chan struct{}, 4), loads: m.documentLoads,
			now: func() time.Duration { return time.Since(r.start) },
		}
		s.open()
		defer s.close()
		f(t, s, r)
	})
}

func revision(t *testing.T, s *cache[string, *entry]) int64 {
	t.Helper()
	e, ok := s.resident("k")
	if !ok {
		return 0
	}
	return e.version.Revision
}

func TestConcurrentFetchesShareOneLoad(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], r *fakeRedis) {
		release := r.hold()
		var wg sync.WaitGroup
		results := make([]lookupResult, 20)
		for i := range results {
			wg.Go(func() {
				e, o, err := s.fetch(t.Context(), "k")
				assert.NoError(t, err)
				assert.Equal(t, version(1), e.version)
				results[i] = o
			})
		}
		synctest.Wait()
		release()
		wg.Wait()
		assert.Equal(t, 1, r.queries())
		misses := 0
		for _, o := range results {
			if o == missStored {
				misses++
			}
		}
		assert.Equal(t, 1, misses)
	})
}

// A version that the log announces during a load must be in the loaded value.
func TestLoadInFlightIncludesAnnouncedVersion(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], r *fakeRedis) {
		release := r.hold()
		go func() { _, _, _ = s.fetch(t.Context(), "k") }()
		synctest.Wait() // it has read revision 1
		r.set(2, nil)
		s.markNewer("k", version(2))
		release()
		synctest.Wait()
		assert.Equal(t, int64(2), revision(t, s))
		assert.Equal(t, 2, r.queries())
	})
}

// The same holds for a comparison with Redis: a load that began before it must query again.
func TestLoadInFlightQueriesAgainAfterRecheck(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], r *fakeRedis) {
		release := r.hold()
		go func() { _, _, _ = s.fetch(t.Context(), "k") }()
		synctest.Wait()
		r.set(2, nil)
		assert.Empty(t, s.recheckInFlight())
		release()
		synctest.Wait()
		assert.Equal(t, int64(2), revision(t, s))
	})
}

func TestReloadsOfOneKeyAreSpaced(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], r *fakeRedis) {
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		// No change comes at the instant of a load, which would query again at once.
		time.Sleep(2 * time.Millisecond)
		for i := range 200 {
			r.set(int64(i+2), nil)
			s.markNewer("k", version(int64(i+2)))
			time.Sleep(5 * time.Millisecond) // the bubble's time: no real wait
		}
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, int64(201), revision(t, s))
		for i := 1; i < len(r.queriedAt); i++ {
			assert.GreaterOrEqual(t, r.queriedAt[i].Sub(r.queriedAt[i-1]), 100*time.Millisecond)
		}
		assert.InDelta(t, 11, len(r.queriedAt), 1)
	})
}

func TestOlderVersionNeverReplacesNewer(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], r *fakeRedis) {
		r.set(5, nil)
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		r.set(3, nil) // a replica that lags
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
		r.set(6, nil)
		time.Sleep(maxRetryDelay)
		synctest.Wait()
		assert.Equal(t, int64(6), revision(t, s))
	})
}

func TestFailedReloadIsRetried(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], r *fakeRedis) {
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		r.set(0, errors.New("away"))
		s.markNewer("k", version(2))
		time.Sleep(time.Minute)
		assert.Equal(t, int64(1), revision(t, s), "it stays until then")
		assert.Less(t, r.queries(), 30)
		r.set(2, nil)
		time.Sleep(maxRetryDelay)
		synctest.Wait()
		assert.Equal(t, int64(2), revision(t, s))
		queries := r.queries()
		time.Sleep(time.Minute)
		assert.Equal(t, queries, r.queries(), "and then no more")
	})
}

func TestConcurrentLoadsAreBounded(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], r *fakeRedis) {
		release := r.hold()
		for _, k := range "abcdefghij" {
			go func() { _, _, _ = s.fetch(t.Context(), string(k)) }()
		}
		synctest.Wait()
		assert.Equal(t, 4, r.queries())
		release()
		synctest.Wait()
		assert.Equal(t, 10, r.queries())
	})
}

// If Redis hangs, every caller gets an answer in time, and so does the next one.
func TestQueryHasDeadline(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], r *fakeRedis) {
		defer r.hold()()
		start := time.Now()
		_, _, err := s.fetch(t.Context(), "k")
		require.Error(t, err)
		assert.Equal(t, queryTimeout, time.Since(start))
	})
}

func TestConcurrentRechecksShareOneLoad(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], r *fakeRedis) {
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		s.recheck(t.Context(), "k")
		assert.Equal(t, 1, r.queries(), "it was just queried")
		time.Sleep(time.Second)
		release := r.hold()
		ctx, cancel := context.WithTimeout(t.Context(), recheckTimeout)
		defer cancel()
		start := time.Now()
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { s.recheck(ctx, "k") })
		}
		wg.Wait()
		assert.Equal(t, recheckTimeout, time.Since(start))
		assert.Equal(t, 2, r.queries())
		release()
	})
}

// An authoritative absence removes a token; a document stays.
func TestAbsenceRemovesTokenButNotDocument(t *testing.T) {
	withCache(t, func(t *testing.T, s *cache[string, *entry], r *fakeRedis) {
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		time.Sleep(time.Second)
		r.set(0, pubstore.ErrAbsent)
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
	withCache(t, func(t *testing.T, s *cache[string, *entry], r *fakeRedis) {
		s.removeAbsent = true
		release := r.hold()
		r.set(0, pubstore.ErrAbsent)
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
	withCache(t, func(t *testing.T, s *cache[string, *entry], r *fakeRedis) {
		r.strict = true
		s.reloadInterval = 0
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		release := r.hold()
		s.markNewer("k", version(2))
		assert.Equal(t, int64(0), revision(t, s), "at once")
		release()
		time.Sleep(time.Second)
		assert.Equal(t, int64(0), revision(t, s), "an older one does not bring it back")
		r.set(2, nil)
		time.Sleep(maxRetryDelay)
		synctest.Wait()
		assert.Equal(t, int64(2), revision(t, s))
	})
}
