package reader

import (
	"context"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"orgmodes/internal/snapshot"
)

// published is what a shelf keeps: something that Redis has a version of. A
// value never changes; what is learnt of it makes another one.
type published[V any] interface {
	publishedAs() snapshot.Version
	// newest is the newest version that was told of.
	newest() snapshot.Version
	// outdated reports that there is a newer version than this one.
	outdated() bool
	// outdate returns the value with a newer version told of.
	outdate(newest snapshot.Version) V
	// usable is false for what may not be used until it was loaded again.
	usable() bool
	// askedAt is when the load began that brought it, by the monotonic clock.
	askedAt() time.Duration
	// confirmedBy is the stretch of the log that says it contains all that was told
	// of; unconfirmed for none.
	confirmedBy() uint64
	confirm(by uint64) V
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
type shelf[K comparable, V published[V]] struct {
	memory memory[K, V]
	load   func(context.Context, K) (V, snapshot.Position, error)
	// following is the stretch of the log that is followed now, nil for none.
	following func() *stretch
	// absent says that a key which Redis plainly doesn't have leaves the shelf.
	absent  bool
	spacing time.Duration // between reloads of one key
	attempt time.Duration // bounds one question to Redis, see attemptTime
	slots   chan struct{} // loads at the same time
	now     func() time.Duration
	loads   *loadCounters
	// arrived, where given, is told what came onto the shelf in place of what.
	arrived func(before, now V)

	base   context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	failing bool
	failed  time.Duration // when a load failed last
	flights map[K]*flight[V]
	dues    map[K]*due
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
	s.memory.close()
}

// resident returns what stands on the shelf and may be used.
func (s *shelf[K, V]) resident(k K) (V, bool) {
	v, ok := s.memory.get(k)
	return v, ok && v.usable()
}

// fetch loads what isn't resident, or waits for the load that is under way.
func (s *shelf[K, V]) fetch(ctx context.Context, k K) (V, outcome, error) {
	s.mu.Lock()
	f, joined := s.flights[k]
	if !joined {
		floor := snapshot.Version{}
		if v, ok := s.memory.peek(k); ok {
			if v.usable() { // it landed just now
				s.mu.Unlock()
				return v, hit, nil
			}
			floor = v.newest()
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

// recheck asks Redis for a newer version than the resident one and waits for
// the answer. All who ask at the same time share one flight, and none departs
// within spacing after the last one, or after one of any key that failed.
func (s *shelf[K, V]) recheck(ctx context.Context, k K) {
	s.mu.Lock()
	f, flying := s.flights[k]
	if !flying {
		v, ok := s.memory.peek(k)
		if now := s.now(); s.failing && now-s.failed < s.spacing || ok && now-v.askedAt() < s.spacing {
			s.mu.Unlock()
			return
		}
		f = s.depart(k, snapshot.Version{}, 0)
	}
	s.mu.Unlock()
	_, _ = s.await(ctx, f)
}

// prepare loads a key that isn't resident, for whoever comes next.
func (s *shelf[K, V]) prepare(k K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.memory.peek(k); !ok && s.flights[k] == nil {
		s.depart(k, snapshot.Version{}, 0)
	}
}

// newer takes note that there is a version of the key. Where the key is
// resident or on its way it is loaded at once, or after the spacing.
func (s *shelf[K, V]) newer(k K, atLeast snapshot.Version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.memory.peek(k)
	if ok && v.newest().Compare(atLeast) < 0 {
		v = v.outdate(atLeast)
		s.memory.set(k, v)
	}
	if f := s.flights[k]; f != nil {
		f.atLeast = later(f.atLeast, atLeast)
		return
	}
	if !ok || !v.outdated() {
		return
	}
	wait := s.spacing - (s.now() - v.askedAt())
	if wait <= 0 {
		s.depart(k, atLeast, 0)
		return
	}
	s.postpone(k, atLeast, wait, 0)
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
	return s.memory.keys()
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

// compared takes note of the version that Redis has of a resident key, at a
// position of the stretch given. It reports whether that is a newer one.
func (s *shelf[K, V]) compared(k K, has snapshot.Version, by uint64) (behind bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	have, ok := s.memory.peek(k)
	switch {
	case !ok:
		return false
	case have.publishedAs().Compare(has) < 0:
		if have.newest().Compare(has) < 0 {
			s.memory.set(k, have.outdate(has))
		}
		return true
	case have.confirmedBy() == unconfirmed:
		s.memory.set(k, have.confirm(by))
	}
	return false
}

// holds takes note that Redis has a version of a resident key, at a position of
// the stretch given. It reports whether what stands there is as new and may be
// used; what doesn't stays as it is.
func (s *shelf[K, V]) holds(k K, has snapshot.Version, by uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	have, ok := s.memory.peek(k)
	switch {
	case !ok:
		return true // it left meanwhile
	case !have.usable() || have.publishedAs().Compare(has) < 0:
		return false
	case have.confirmedBy() == unconfirmed:
		s.memory.set(k, have.confirm(by))
	}
	return true
}

// replace puts a value there that was loaded for a resident key, unless the
// one there is newer.
func (s *shelf[K, V]) replace(k K, v V) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if have, ok := s.memory.peek(k); ok {
		s.memory.set(k, merge(have, v))
	}
}

// forget takes a key off the shelf.
func (s *shelf[K, V]) forget(k K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory.drop(k)
}

func later(a, b snapshot.Version) snapshot.Version {
	if a.Compare(b) < 0 {
		return b
	}
	return a
}
