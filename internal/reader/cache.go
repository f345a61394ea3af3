package reader

import (
	"context"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"orgmodes/internal/pubstore"
)

// cacheable is a value that a cache can hold: one with a version in Redis. It is immutable;
// new knowledge about it yields a modified copy.
type cacheable[V any] interface {
	publishedVersion() pubstore.Version
	// newest is the newest version that was announced.
	newest() pubstore.Version
	// outdated reports whether there is a newer version than this one.
	outdated() bool
	// markOutdated returns a copy for which a newer version was announced.
	markOutdated(newest pubstore.Version) V
	// usable is false for a value that must not be used until it has been reloaded.
	usable() bool
	// queriedAt is when the load of the value began, by the monotonic clock.
	queriedAt() time.Duration
	// verifiedBy is the number of the segment of the log that verifies that the value
	// contains everything announced; unverified if there is none.
	verifiedBy() uint64
	markVerified(by uint64) V
}

// cache is a bounded loading cache. At most one load per key is in progress, and a value is
// never replaced by an older one.
//
//	            fetch                     loaded
//	absent ───────────────▶ loading ───────────────▶ resident ──▶ evicted
//	                         │    ▲                   │    ▲
//	        newer: raises ◀──┘    │ newer version     │    │ loaded
//	        minVersion            └── pending ◀───────┘    │
//	                                   └── loading ────────┘
//	                                         └─ failed: pending again, with backoff
//
// A resident value is still served while its reload is pending or in progress.
type cache[K comparable, V cacheable[V]] struct {
	backend backend[K, V]
	load    func(context.Context, K) (V, pubstore.Position, error)
	// following returns the segment of the log that is followed now, nil for none.
	following func() *segment
	// removeAbsent means that a key is removed once Redis confirms that it has none.
	removeAbsent   bool
	reloadInterval time.Duration // between reloads of one key
	queryTimeout   time.Duration // bounds one query to Redis
	slots          chan struct{} // loads at the same time
	now            func() time.Duration
	loads          *loadCounters
	// onReload, if set, is called when a loaded value is merged with a resident one.
	onReload func(before, now V)

	base   context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu          sync.Mutex
	closed      bool
	failing     bool
	lastFailure time.Duration // when the last failed load failed
	inFlight    map[K]*load[V]
	pending     map[K]*pendingReload
}

// lookupResult is where a value came from, for Cache-Status (RFC 9211).
type lookupResult uint8

const (
	hit lookupResult = iota
	missStored
	missCollapsed
)

func (s *cache[K, V]) open() {
	s.inFlight, s.pending = map[K]*load[V]{}, map[K]*pendingReload{}
	s.base, s.cancel = context.WithCancel(context.Background())
}

// close ends all loads and timers, and waits for the loads.
func (s *cache[K, V]) close() {
	s.mu.Lock()
	s.closed = true
	for _, p := range s.pending {
		p.timer.Stop()
	}
	clear(s.pending)
	s.mu.Unlock()
	s.cancel()
	s.wg.Wait()
	s.backend.close()
}

// resident returns the value of a key, and whether it is in memory and usable.
func (s *cache[K, V]) resident(k K) (V, bool) {
	v, ok := s.backend.get(k)
	return v, ok && v.usable()
}

// fetch loads a key that isn't resident, or waits for the load in progress.
func (s *cache[K, V]) fetch(ctx context.Context, k K) (V, lookupResult, error) {
	s.mu.Lock()
	l, joined := s.inFlight[k]
	if !joined {
		floor := pubstore.Version{}
		if v, ok := s.backend.peek(k); ok {
			if v.usable() { // it has just been loaded
				s.mu.Unlock()
				return v, hit, nil
			}
			floor = v.newest()
		}
		l = s.startLoad(k, floor, 0)
	}
	s.mu.Unlock()
	out := missStored
	if joined {
		out = missCollapsed
	}
	v, err := s.waitFor(ctx, l)
	return v, out, err
}

// recheck queries Redis for a newer version than the resident one, and waits for the
// answer. Concurrent calls share one load. None starts within reloadInterval after the
// previous load of the key began, or after a load of any key failed.
func (s *cache[K, V]) recheck(ctx context.Context, k K) {
	s.mu.Lock()
	l, joined := s.inFlight[k]
	if !joined {
		v, ok := s.backend.peek(k)
		if now := s.now(); s.failing && now-s.lastFailure < s.reloadInterval || ok && now-v.queriedAt() < s.reloadInterval {
			s.mu.Unlock()
			return
		}
		l = s.startLoad(k, pubstore.Version{}, 0)
	}
	s.mu.Unlock()
	_, _ = s.waitFor(ctx, l)
}

// prefetch starts loading a key unless it is resident or being loaded.
func (s *cache[K, V]) prefetch(k K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.backend.peek(k); !ok && s.inFlight[k] == nil {
		s.startLoad(k, pubstore.Version{}, 0)
	}
}

// markNewer records that there is a version of the key. If the key is resident or being
// loaded, that version is loaded at once, or after reloadInterval.
func (s *cache[K, V]) markNewer(k K, minVersion pubstore.Version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.backend.peek(k)
	if ok && v.newest().Compare(minVersion) < 0 {
		v = v.markOutdated(minVersion)
		s.backend.set(k, v)
	}
	if l := s.inFlight[k]; l != nil {
		l.minVersion = maxVersion(l.minVersion, minVersion)
		return
	}
	if !ok || !v.outdated() {
		return
	}
	wait := s.reloadInterval - (s.now() - v.queriedAt())
	if wait <= 0 {
		s.startLoad(k, minVersion, 0)
		return
	}
	s.schedule(k, minVersion, wait, 0)
}

// recheckInFlight makes every load in progress query once more, and returns the resident
// keys. After it, every value that is resident, or becomes so, either has one of these keys
// or was queried later than now.
func (s *cache[K, V]) recheckInFlight() []K {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.inFlight {
		l.repeat = true
	}
	return s.backend.keys()
}

// reload brings resident keys up to the given versions, with as many concurrent loads as
// there are slots, and waits for that. A key that can't be loaded now stays as it is
// and is retried independently.
func (s *cache[K, V]) reload(ctx context.Context, versions map[K]pubstore.Version) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(cap(s.slots))
	for k, minVersion := range maps.All(versions) {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			s.mu.Lock()
			l := s.inFlight[k]
			if l == nil {
				l = s.startLoad(k, minVersion, 0)
			}
			l.minVersion = maxVersion(l.minVersion, minVersion)
			s.mu.Unlock()
			_, _ = s.waitFor(ctx, l)
			return ctx.Err()
		})
	}
	return g.Wait()
}

// compareVersion records the version that Redis has of a resident key, at a position of the
// given segment. It reports whether that version is newer.
func (s *cache[K, V]) compareVersion(k K, has pubstore.Version, by uint64) (behind bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	have, ok := s.backend.peek(k)
	switch {
	case !ok:
		return false
	case have.publishedVersion().Compare(has) < 0:
		if have.newest().Compare(has) < 0 {
			s.backend.set(k, have.markOutdated(has))
		}
		return true
	case have.verifiedBy() == unverified:
		s.backend.set(k, have.markVerified(by))
	}
	return false
}

// confirmVersion records that Redis has a version of a resident key, at a position of the
// given segment. It reports whether the resident value is as new and usable; one that isn't
// stays as it is. It also returns true if the key is no longer resident.
func (s *cache[K, V]) confirmVersion(k K, has pubstore.Version, by uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	have, ok := s.backend.peek(k)
	switch {
	case !ok:
		return true // it has been evicted since
	case !have.usable() || have.publishedVersion().Compare(has) < 0:
		return false
	case have.verifiedBy() == unverified:
		s.backend.set(k, have.markVerified(by))
	}
	return true
}

// replace stores a value that was loaded for a resident key, unless the
// current one is newer.
func (s *cache[K, V]) replace(k K, v V) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if have, ok := s.backend.peek(k); ok {
		s.backend.set(k, merge(have, v))
	}
}

// remove removes a key.
func (s *cache[K, V]) remove(k K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.backend.remove(k)
}

func maxVersion(a, b pubstore.Version) pubstore.Version {
	if a.Compare(b) < 0 {
		return b
	}
	return a
}
