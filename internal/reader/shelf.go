package reader

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/errgroup"

	"orgmodes/internal/snapshot"
)

const (
	// attemptTime bounds one question to Redis, its wait for a slot included.
	attemptTime = time.Second
	// maxAttempts is how often a flight asks again at once because what it got is
	// older than what the log told of meanwhile.
	maxAttempts = 4
	firstRetry  = 100 * time.Millisecond
	lastRetry   = 5 * time.Second
)

var (
	errBehind  = errors.New("reader: Redis answered with less than its log told of")
	errClosed  = errors.New("reader: closing")
	errWaiting = errors.New("reader: Redis did not answer in time")
)

// published is what a shelf keeps: something that Redis has a version of.
type published interface {
	publishedAs() snapshot.Version
	// askedAt is when the load began that brought it.
	askedAt() time.Time
	// trusted is false for what may not be used until it was loaded again.
	trusted() bool
}

// shelf keeps what was loaded, bounded, with one flight per key towards Redis.
// What stands on it is never replaced by something older.
//
//	            fetch                    loaded
//	absent ───────────────▶ flying ───────────────▶ resident ──▶ evicted
//	                         │   ▲                   │    ▲
//	        newer: raises ◀──┘   │ newer, spacing    │    │ loaded
//	        what it must bring   └── due ◀───────────┘    │
//	                                  └── flying ─────────┘
//	                                        └─ failed: due again, later and later
//
// A resident value goes on being served while its reload is due or flying.
type shelf[K comparable, V published] struct {
	cache *otter.Cache[K, V]
	load  func(context.Context, K) (V, error)
	// distrust, where given, makes what an outdated value is replaced by until
	// the newer one is there.
	distrust func(old V, atLeast snapshot.Version) V
	// absent says that a key which Redis plainly doesn't have leaves the shelf.
	absent  bool
	spacing time.Duration // between reloads of one key
	slots   chan struct{} // loads at the same time
	now     func() time.Time
	loads   *loadCounters

	base   context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	failed  time.Time // when a load failed last
	flights map[K]*flight[V]
	dues    map[K]*due
}

// flight is a load under way.
type flight[V any] struct {
	atLeast snapshot.Version
	// again: the answer that is under way may be from before something that we
	// have to have.
	again  bool
	waited time.Duration // before this flight, for its retry
	done   chan struct{}
	value  V
	err    error
}

// due is a reload that waits for its time.
type due struct {
	timer   *time.Timer
	atLeast snapshot.Version
	wait    time.Duration
}

// outcome says where a value came from, for Cache-Status (RFC 9211).
type outcome uint8

const (
	hit outcome = iota
	missStored
	missCollapsed
)

func (s *shelf[K, V]) open() {
	s.flights, s.dues = map[K]*flight[V]{}, map[K]*due{}
	s.base, s.cancel = context.WithCancel(context.Background())
}

// close ends flights and timers and waits for them.
func (s *shelf[K, V]) close() {
	s.mu.Lock()
	s.closed = true
	for _, d := range s.dues {
		d.timer.Stop()
	}
	clear(s.dues)
	s.mu.Unlock()
	s.cancel()
	s.wg.Wait()
	s.cache.StopAllGoroutines()
}

// resident returns what stands on the shelf and may be used.
func (s *shelf[K, V]) resident(k K) (V, bool) {
	v, ok := s.cache.GetIfPresent(k)
	return v, ok && v.trusted()
}

// quietly is resident for decisions about the key, which are no use of it.
func (s *shelf[K, V]) quietly(k K) (V, bool) {
	e, ok := s.cache.GetEntryQuietly(k)
	return e.Value, ok
}

// fetch loads what isn't resident, or waits for the load that is under way.
func (s *shelf[K, V]) fetch(ctx context.Context, k K) (V, outcome, error) {
	s.mu.Lock()
	f, joined := s.flights[k]
	if !joined {
		floor := snapshot.Version{}
		if v, ok := s.quietly(k); ok {
			if v.trusted() { // it landed just now
				s.mu.Unlock()
				return v, hit, nil
			}
			floor = v.publishedAs()
		}
		f = s.depart(k, floor, 0)
	}
	s.mu.Unlock()
	out := missStored
	if joined {
		out = missCollapsed
	}
	v, err := s.await(ctx, f)
	return v, out, err
}

func (s *shelf[K, V]) await(ctx context.Context, f *flight[V]) (V, error) {
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		var none V
		return none, errWaiting
	}
}

// recheck asks Redis for a newer version than the resident one and waits for
// the answer. All who ask at the same time share one flight, and none departs
// within spacing after the last one, or after one of any key that failed.
func (s *shelf[K, V]) recheck(ctx context.Context, k K) {
	s.mu.Lock()
	f, flying := s.flights[k]
	if !flying {
		v, ok := s.quietly(k)
		if now := s.now(); now.Sub(s.failed) < s.spacing || ok && now.Sub(v.askedAt()) < s.spacing {
			s.mu.Unlock()
			return
		}
		f = s.depart(k, snapshot.Version{}, 0)
	}
	s.mu.Unlock()
	_, _ = s.await(ctx, f)
}

// newer takes note that there is a version of the key. Where the key is
// resident or on its way it is loaded at once, or after the spacing.
func (s *shelf[K, V]) newer(k K, atLeast snapshot.Version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.quietly(k)
	if ok && v.publishedAs().Compare(atLeast) < 0 && s.distrust != nil {
		v = s.distrust(v, atLeast)
		s.cache.Set(k, v)
	}
	if f := s.flights[k]; f != nil {
		f.atLeast = later(f.atLeast, atLeast)
		return
	}
	if !ok || v.trusted() && v.publishedAs().Compare(atLeast) >= 0 {
		return
	}
	wait := s.spacing - s.now().Sub(v.askedAt())
	if wait <= 0 {
		s.depart(k, atLeast, 0)
		return
	}
	s.postpone(k, atLeast, wait, 0)
}

// postpone plans a reload; one that is planned stays, and has to bring more.
func (s *shelf[K, V]) postpone(k K, atLeast snapshot.Version, wait, waited time.Duration) {
	if s.closed {
		return
	}
	if d := s.dues[k]; d != nil {
		d.atLeast = later(d.atLeast, atLeast)
		return
	}
	d := &due{atLeast: atLeast, wait: waited}
	d.timer = time.AfterFunc(wait, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.dues[k] == d {
			s.depart(k, d.atLeast, d.wait)
		}
	})
	s.dues[k] = d
}

// depart starts the flight of a key that has none. s.mu is held.
func (s *shelf[K, V]) depart(k K, atLeast snapshot.Version, waited time.Duration) *flight[V] {
	f := &flight[V]{atLeast: atLeast, waited: waited, done: make(chan struct{})}
	if d := s.dues[k]; d != nil {
		d.timer.Stop()
		delete(s.dues, k)
		f.atLeast, f.waited = later(f.atLeast, d.atLeast), d.wait
	}
	if s.closed {
		f.err = errClosed
		close(f.done)
		return f
	}
	s.flights[k] = f
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		s.fly(k, f)
	}()
	return f
}

func (s *shelf[K, V]) fly(k K, f *flight[V]) {
	for attempt := 1; ; attempt++ {
		v, err := s.ask(k)
		if s.land(k, f, v, err, attempt) {
			close(f.done)
			return
		}
	}
}

// ask puts one question to Redis, in its turn.
func (s *shelf[K, V]) ask(k K) (V, error) {
	ctx, cancel := context.WithTimeout(s.base, attemptTime)
	defer cancel()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		var none V
		return none, errWaiting
	}
	v, err := s.load(ctx, k)
	s.loads.count(err)
	return v, err
}

// land puts what a flight brought onto the shelf. It returns false where the
// flight has to ask again.
func (s *shelf[K, V]) land(k K, f *flight[V], v V, err error, attempt int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	plainlyAbsent := errors.Is(err, snapshot.ErrAbsent)
	behind := err == nil && (f.again || v.publishedAs().Compare(f.atLeast) < 0) ||
		plainlyAbsent && (f.again || f.atLeast != snapshot.Version{})
	if behind && attempt < maxAttempts {
		f.again = false
		return false
	}
	if behind {
		err, plainlyAbsent = fmt.Errorf("%w: want %s", errBehind, f.atLeast), false
	}
	delete(s.flights, k)
	have, resident := s.quietly(k)
	switch {
	case err == nil && resident && have.publishedAs().Compare(v.publishedAs()) > 0:
		f.value = have
	case err == nil:
		s.cache.Set(k, v)
		f.value = v
	case plainlyAbsent && s.absent:
		s.cache.Invalidate(k)
		f.err = err
	default:
		f.err, s.failed = err, s.now()
		if resident && (!have.trusted() || f.again || have.publishedAs().Compare(f.atLeast) < 0) {
			wait := min(max(2*f.waited, firstRetry), lastRetry)
			s.postpone(k, f.atLeast, wait, wait)
		}
	}
	return true
}

// suspect makes every flight under way ask once more, and returns the keys that
// are resident: after it, whatever is on the shelf or comes onto it is either
// among them or was asked for later than now.
func (s *shelf[K, V]) suspect() []K {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.flights {
		f.again = true
	}
	return slices.Collect(s.cache.Keys())
}

// reload brings resident keys up to the versions given, as many at a time as
// there are slots, and waits for that. A key that can't be loaded now stays as it is
// and is tried again on its own.
func (s *shelf[K, V]) reload(ctx context.Context, versions map[K]snapshot.Version) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(cap(s.slots))
	for k, atLeast := range maps.All(versions) {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			s.mu.Lock()
			f := s.flights[k]
			if f == nil {
				f = s.depart(k, atLeast, 0)
			}
			f.atLeast = later(f.atLeast, atLeast)
			s.mu.Unlock()
			_, _ = s.await(ctx, f)
			return ctx.Err()
		})
	}
	return g.Wait()
}

// replace puts a value there that was loaded for a resident key, unless the
// one there is newer.
func (s *shelf[K, V]) replace(k K, v V) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if have, ok := s.quietly(k); ok && have.publishedAs().Compare(v.publishedAs()) <= 0 {
		s.cache.Set(k, v)
	}
}

// forget removes a key that Redis plainly doesn't have any more.
func (s *shelf[K, V]) forget(k K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cache.Invalidate(k)
}

func later(a, b snapshot.Version) snapshot.Version {
	if a.Compare(b) < 0 {
		return b
	}
	return a
}
