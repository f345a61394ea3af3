package reader

import (
	"context"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"orgmodes/internal/pubstore"
)

// published is a value that a shelf can hold: one with a version in Redis. It is
// immutable; new knowledge about it yields a modified copy.
type published[V any] interface {
	publishedAs() pubstore.Version
	// newest is the newest version that was announced.
	newest() pubstore.Version
	// outdated reports whether there is a newer version than this one.
	outdated() bool
	// outdate returns a copy for which a newer version was announced.
	outdate(newest pubstore.Version) V
	// usable is false for a value that must not be used until it has been reloaded.
	usable() bool
	// askedAt is when the load of the value began, by the monotonic clock.
	askedAt() time.Duration
	// confirmedBy is the number of the stretch of the log that confirms that the value
	// contains everything announced; unconfirmed if there is none.
	confirmedBy() uint64
	confirm(by uint64) V
}

// shelf is a bounded loading cache. At most one flight per key is in progress, and a
// value is never replaced by an older one.
//
//	            fetch                    loaded
//	absent ───────────────▶ flying ───────────────▶ resident ──▶ evicted
//	                         │   ▲                   │    ▲
//	        newer: raises ◀──┘   │ newer, spacing    │    │ loaded
//	        what it must bring   └── due ◀───────────┘    │
//	                                  └── flying ─────────┘
//	                                        └─ failed: due again, with backoff
//
// A resident value is still served while its reload is due or flying.
type shelf[K comparable, V published[V]] struct {
	memory memory[K, V]
	load   func(context.Context, K) (V, pubstore.Position, error)
	// following returns the stretch of the log that is followed now, nil for none.
	following func() *stretch
	// absent means that a key is removed once Redis confirms that it has none.
	absent  bool
	spacing time.Duration // between reloads of one key
	attempt time.Duration // bounds one query to Redis, see attemptTime
	slots   chan struct{} // loads at the same time
	now     func() time.Duration
	loads   *loadCounters
	// arrived, if set, is called when a loaded value is merged with a resident one.
	arrived func(before, now V)

	base   context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	failing bool
	failed  time.Duration // when the last failed load failed
	flights map[K]*flight[V]
	dues    map[K]*due
}

// outcome is where a value came from, for Cache-Status (RFC 9211).
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

// close ends all flights and timers, and waits for the flights.
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

// resident returns the value of a key, and whether it is in memory and usable.
func (s *shelf[K, V]) resident(k K) (V, bool) {
	v, ok := s.memory.get(k)
	return v, ok && v.usable()
}

// fetch loads a key that isn't resident, or waits for the load in progress.
func (s *shelf[K, V]) fetch(ctx context.Context, k K) (V, outcome, error) {
	s.mu.Lock()
	f, joined := s.flights[k]
	if !joined {
		floor := pubstore.Version{}
		if v, ok := s.memory.peek(k); ok {
			if v.usable() { // it has just landed
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

// recheck queries Redis for a newer version than the resident one, and waits for
// the answer. Concurrent calls share one flight. None starts within spacing after the
// previous load of the key began, or after a load of any key failed.
func (s *shelf[K, V]) recheck(ctx context.Context, k K) {
	s.mu.Lock()
	f, flying := s.flights[k]
	if !flying {
		v, ok := s.memory.peek(k)
		if now := s.now(); s.failing && now-s.failed < s.spacing || ok && now-v.askedAt() < s.spacing {
			s.mu.Unlock()
			return
		}
		f = s.depart(k, pubstore.Version{}, 0)
	}
	s.mu.Unlock()
	_, _ = s.await(ctx, f)
}

// prepare starts loading a key unless it is resident or being loaded.
func (s *shelf[K, V]) prepare(k K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.memory.peek(k); !ok && s.flights[k] == nil {
		s.depart(k, pubstore.Version{}, 0)
	}
}

// newer records that there is a version of the key. If the key is resident or being
// loaded, that version is loaded at once, or after the spacing.
func (s *shelf[K, V]) newer(k K, atLeast pubstore.Version) {
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

// suspect makes every flight in progress query once more, and returns the resident
// keys. After it, every value that is resident, or becomes so, either has one of these
// keys or was queried later than now.
func (s *shelf[K, V]) suspect() []K {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.flights {
		f.again = true
	}
	return s.memory.keys()
}

// reload brings resident keys up to the given versions, with as many concurrent loads as
// there are slots, and waits for that. A key that can't be loaded now stays as it is
// and is retried independently.
func (s *shelf[K, V]) reload(ctx context.Context, versions map[K]pubstore.Version) error {
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

// compared records the version that Redis has of a resident key, at a position
// of the given stretch. It reports whether that version is newer.
func (s *shelf[K, V]) compared(k K, has pubstore.Version, by uint64) (behind bool) {
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

// holds records that Redis has a version of a resident key, at a position of the given
// stretch. It reports whether the resident value is as new and usable; one that
// isn't stays as it is. It also returns true if the key is no longer resident.
func (s *shelf[K, V]) holds(k K, has pubstore.Version, by uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	have, ok := s.memory.peek(k)
	switch {
	case !ok:
		return true // it has been evicted since
	case !have.usable() || have.publishedAs().Compare(has) < 0:
		return false
	case have.confirmedBy() == unconfirmed:
		s.memory.set(k, have.confirm(by))
	}
	return true
}

// replace stores a value that was loaded for a resident key, unless the
// current one is newer.
func (s *shelf[K, V]) replace(k K, v V) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if have, ok := s.memory.peek(k); ok {
		s.memory.set(k, merge(have, v))
	}
}

// forget removes a key.
func (s *shelf[K, V]) forget(k K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory.drop(k)
}

func later(a, b pubstore.Version) pubstore.Version {
	if a.Compare(b) < 0 {
		return b
	}
	return a
}
