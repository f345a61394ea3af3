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

// book is a value on a shelf.
type book struct {
	version, told pubstore.Version
	asked         time.Duration
	confirmed     uint64
	// strict means that it must not be used while it is outdated.
	strict bool
}

func (b *book) publishedAs() pubstore.Version { return b.version }
func (b *book) newest() pubstore.Version      { return later(b.version, b.told) }
func (b *book) outdated() bool                { return b.version.Compare(b.told) < 0 }
func (b *book) askedAt() time.Duration        { return b.asked }
func (b *book) usable() bool                  { return !b.strict || !b.outdated() }
func (b *book) confirmedBy() uint64           { return b.confirmed }

func (b *book) outdate(newest pubstore.Version) *book {
	other := *b
	other.told = newest
	return &other
}

func (b *book) confirm(by uint64) *book {
	other := *b
	other.confirmed = by
	return &other
}

// library is the Redis of these tests. It records the queries.
type library struct {
	start time.Time
	sync.Mutex
	revision int64
	err      error
	asked    []time.Time
	gate     chan struct{} // closed: queries are answered
	at       pubstore.Position
	strict   bool
	log      *stretch
}

func (l *library) load(ctx context.Context, _ string) (*book, pubstore.Position, error) {
	l.Lock()
	asked := time.Now()
	l.asked = append(l.asked, asked)
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
	return &book{version: version(revision), asked: asked.Sub(l.start), strict: strict}, at, nil
}

func (l *library) set(revision int64, err error) {
	l.Lock()
	defer l.Unlock()
	l.revision, l.err = revision, err
}

func (l *library) hold() (release func()) {
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

func (l *library) questions() int {
	l.Lock()
	defer l.Unlock()
	return len(l.asked)
}

// onShelf runs a test of a shelf in a synctest bubble, where time passes only when
// all goroutines wait.
func onShelf(t *testing.T, f func(t *testing.T, s *shelf[string, *book], l *library)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &library{start: time.Now(), revision: 1, log: &stretch{number: 1}}
		m := newMetrics(prometheus.NewRegistry())
		s := &shelf[string, *book]{
			memory:    newWeighed(100, func(string, *book) uint32 { return 1 }, func() {}),
			load:      l.load,
			following: func() *stretch { return l.log },
			spacing:   100 * time.Millisecond, attempt: attemptTime, slots: make(chan struct{}, 4), loads: m.documentLoads,
			now: func() time.Duration { return time.Since(l.start) },
		}
		s.open()
		defer s.close()
		f(t, s, l)
	})
}

func revision(t *testing.T, s *shelf[string, *book]) int64 {
	t.Helper()
	b, ok := s.resident("k")
	if !ok {
		return 0
	}
	return b.version.Revision
}

func TestOneFlightPerKey(t *testing.T) {
	onShelf(t, func(t *testing.T, s *shelf[string, *book], l *library) {
		release := l.hold()
		var wg sync.WaitGroup
		outcomes := make([]outcome, 20)
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
		assert.Equal(t, 1, l.questions())
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
func TestALoadInFlightCountsAsResident(t *testing.T) {
	onShelf(t, func(t *testing.T, s *shelf[string, *book], l *library) {
		release := l.hold()
		go func() { _, _, _ = s.fetch(t.Context(), "k") }()
		synctest.Wait() // it has read revision 1
		l.set(2, nil)
		s.newer("k", version(2))
		release()
		synctest.Wait()
		assert.Equal(t, int64(2), revision(t, s))
		assert.Equal(t, 2, l.questions())
	})
}

// The same holds for a comparison with Redis: a load that began before it must query again.
func TestALoadInFlightAsksAgainAfterSuspicion(t *testing.T) {
	onShelf(t, func(t *testing.T, s *shelf[string, *book], l *library) {
		release := l.hold()
		go func() { _, _, _ = s.fetch(t.Context(), "k") }()
		synctest.Wait()
		l.set(2, nil)
		assert.Empty(t, s.suspect())
		release()
		synctest.Wait()
		assert.Equal(t, int64(2), revision(t, s))
	})
}

func TestReloadsAreSpaced(t *testing.T) {
	onShelf(t, func(t *testing.T, s *shelf[string, *book], l *library) {
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		// No change comes at the instant of a load, which would query again at once.
		time.Sleep(2 * time.Millisecond)
		for i := range 200 {
			l.set(int64(i+2), nil)
			s.newer("k", version(int64(i+2)))
			time.Sleep(5 * time.Millisecond) // the bubble's time: no real wait
		}
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, int64(201), revision(t, s))
		for i := 1; i < len(l.asked); i++ {
			assert.GreaterOrEqual(t, l.asked[i].Sub(l.asked[i-1]), 100*time.Millisecond)
		}
		assert.InDelta(t, 11, len(l.asked), 1)
	})
}

func TestNeverBackwards(t *testing.T) {
	onShelf(t, func(t *testing.T, s *shelf[string, *book], l *library) {
		l.set(5, nil)
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		l.set(3, nil) // a replica that lags
		time.Sleep(time.Second)
		s.recheck(t.Context(), "k")
		assert.Equal(t, int64(5), revision(t, s))
		s.replace("k", &book{version: version(4)})
		assert.Equal(t, int64(5), revision(t, s))
		require.NoError(t, s.reload(t.Context(), map[string]pubstore.Version{"k": version(3)}))
		assert.Equal(t, int64(5), revision(t, s))
		// The log announces 6, Redis has 3: the resident 5 stays until 6 is there.
		s.newer("k", version(6))
		time.Sleep(3 * time.Second)
		assert.Equal(t, int64(5), revision(t, s))
		l.set(6, nil)
		time.Sleep(lastRetry)
		synctest.Wait()
		assert.Equal(t, int64(6), revision(t, s))
	})
}

func TestAReloadThatFailsIsTriedAgain(t *testing.T) {
	onShelf(t, func(t *testing.T, s *shelf[string, *book], l *library) {
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		l.set(0, errors.New("away"))
		s.newer("k", version(2))
		time.Sleep(time.Minute)
		assert.Equal(t, int64(1), revision(t, s), "it stays meanwhile")
		assert.Less(t, l.questions(), 30)
		l.set(2, nil)
		time.Sleep(lastRetry)
		synctest.Wait()
		assert.Equal(t, int64(2), revision(t, s))
		asked := l.questions()
		time.Sleep(time.Minute)
		assert.Equal(t, asked, l.questions(), "and then no more")
	})
}

func TestLoadsAreCapped(t *testing.T) {
	onShelf(t, func(t *testing.T, s *shelf[string, *book], l *library) {
		release := l.hold()
		for _, k := range "abcdefghij" {
			go func() { _, _, _ = s.fetch(t.Context(), string(k)) }()
		}
		synctest.Wait()
		assert.Equal(t, 4, l.questions())
		release()
		synctest.Wait()
		assert.Equal(t, 10, l.questions())
	})
}

// If Redis hangs, every caller gets an answer in time, and so does the next one.
func TestAQuestionHasADeadline(t *testing.T) {
	onShelf(t, func(t *testing.T, s *shelf[string, *book], l *library) {
		defer l.hold()()
		start := time.Now()
		_, _, err := s.fetch(t.Context(), "k")
		require.Error(t, err)
		assert.Equal(t, attemptTime, time.Since(start))
	})
}

func TestRechecksShareOneFlight(t *testing.T) {
	onShelf(t, func(t *testing.T, s *shelf[string, *book], l *library) {
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		s.recheck(t.Context(), "k")
		assert.Equal(t, 1, l.questions(), "it was just asked")
		time.Sleep(time.Second)
		release := l.hold()
		ctx, cancel := context.WithTimeout(t.Context(), recheckTime)
		defer cancel()
		start := time.Now()
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { s.recheck(ctx, "k") })
		}
		wg.Wait()
		assert.Equal(t, recheckTime, time.Since(start))
		assert.Equal(t, 2, l.questions())
		release()
	})
}

// An authoritative absence removes a token; a document stays.
func TestAbsence(t *testing.T) {
	onShelf(t, func(t *testing.T, s *shelf[string, *book], l *library) {
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		time.Sleep(time.Second)
		l.set(0, pubstore.ErrAbsent)
		s.recheck(t.Context(), "k")
		assert.Equal(t, int64(1), revision(t, s))
		s.absent = true
		time.Sleep(time.Second)
		s.recheck(t.Context(), "k")
		assert.Equal(t, int64(0), revision(t, s))
	})
}

// A version that the log announced but Redis doesn't have is no authoritative absence.
func TestAbsenceOfWhatTheLogToldOf(t *testing.T) {
	onShelf(t, func(t *testing.T, s *shelf[string, *book], l *library) {
		s.absent = true
		release := l.hold()
		l.set(0, pubstore.ErrAbsent)
		failed := make(chan error)
		go func() {
			_, _, err := s.fetch(t.Context(), "k")
			failed <- err
		}()
		synctest.Wait()
		s.newer("k", version(2))
		release()
		require.ErrorIs(t, <-failed, errBehind)
	})
}

func TestWhatIsDistrustedIsNotUsed(t *testing.T) {
	onShelf(t, func(t *testing.T, s *shelf[string, *book], l *library) {
		l.strict = true
		s.spacing = 0
		_, _, err := s.fetch(t.Context(), "k")
		require.NoError(t, err)
		release := l.hold()
		s.newer("k", version(2))
		assert.Equal(t, int64(0), revision(t, s), "at once")
		release()
		time.Sleep(time.Second)
		assert.Equal(t, int64(0), revision(t, s), "an older one does not bring it back")
		l.set(2, nil)
		time.Sleep(lastRetry)
		synctest.Wait()
		assert.Equal(t, int64(2), revision(t, s))
	})
}
