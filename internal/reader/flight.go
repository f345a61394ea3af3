package reader

import (
	"context"
	"errors"
	"fmt"
	"time"

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

func (s *shelf[K, V]) await(ctx context.Context, f *flight[V]) (V, error) {
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		var none V
		return none, errWaiting
	}
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
		if s.land(k, f, s.ask(k), attempt) {
			close(f.done)
			return
		}
	}
}

// reply is what Redis said about a key.
type reply[V any] struct {
	value V
	err   error
	// confirmed is the stretch that confirms it; unconfirmed for none, of which
	// lagging says that Redis is behind a log that we do follow.
	confirmed uint64
	lagging   bool
}

// ask puts one question to Redis, in its turn.
func (s *shelf[K, V]) ask(k K) (r reply[V]) {
	ctx, cancel := context.WithTimeout(s.base, s.attempt)
	defer cancel()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		r.err = errWaiting
		return r
	}
	// Read before the question is put: the answer has to contain all this, and what
	// is told of later finds the flight.
	log := s.following()
	var reached int64
	if log != nil {
		reached = log.reached.Load()
	}
	var at snapshot.Position
	r.value, at, r.err = s.load(ctx, k)
	s.loads.count(r.err)
	r.confirmed = log.confirms(reached, at)
	r.lagging = log != nil && r.confirmed == unconfirmed
	return r
}

// land puts what a flight brought onto the shelf. It returns false where the
// flight has to ask again.
func (s *shelf[K, V]) land(k K, f *flight[V], r reply[V], attempt int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := r.value, r.err
	plainlyAbsent := errors.Is(err, snapshot.ErrAbsent)
	answered := err == nil || plainlyAbsent
	behind := answered && f.again || err == nil && v.publishedAs().Compare(f.atLeast) < 0 ||
		plainlyAbsent && f.atLeast != snapshot.Version{}
	if (behind || answered && r.lagging) && attempt < maxAttempts {
		f.again = false
		return false
	}
	if behind || plainlyAbsent && r.confirmed == unconfirmed {
		err, plainlyAbsent = fmt.Errorf("%w: want %s", errBehind, f.atLeast), false
	}
	delete(s.flights, k)
	have, resident := s.memory.peek(k)
	retry := false
	switch {
	case err == nil:
		v = v.confirm(r.confirmed)
		if resident {
			v = merge(have, v)
			if s.arrived != nil {
				s.arrived(have, v)
			}
		}
		s.memory.set(k, v)
		f.value = v
		retry = v.outdated() || r.lagging
	case plainlyAbsent && s.absent:
		s.memory.drop(k)
		f.err = err
	default:
		f.err, s.failing, s.failed = err, true, s.now()
		retry = resident && (f.again || have.outdated() || have.publishedAs().Compare(f.atLeast) < 0 ||
			have.confirmedBy() == unconfirmed && s.following() != nil)
	}
	if retry {
		wait := min(max(2*f.waited, firstRetry), lastRetry)
		s.postpone(k, f.atLeast, wait, wait)
	}
	return true
}

// merge returns the newer of what is resident and what was loaded. Whatever
// confirms one confirms what is as new or newer.
func merge[V published[V]](have, loaded V) V {
	by := min(have.confirmedBy(), loaded.confirmedBy())
	if have.publishedAs().Compare(loaded.publishedAs()) > 0 {
		return have.confirm(by)
	}
	if loaded.publishedAs().Compare(have.newest()) < 0 {
		loaded = loaded.outdate(have.newest())
	}
	return loaded.confirm(by)
}
