package reader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orgmodes/internal/pubstore"
)

const (
	// attemptTime bounds one query to Redis, including the wait for a slot.
	attemptTime = time.Second
	// maxAttempts bounds the queries of one flight. It repeats a query at once if the
	// answer is older than what the log has announced since.
	maxAttempts = 4
	firstRetry  = 100 * time.Millisecond
	lastRetry   = 5 * time.Second
)

var (
	errBehind  = errors.New("reader: Redis returned older data than its log announced")
	errClosed  = errors.New("reader: closing")
	errWaiting = errors.New("reader: Redis did not answer in time")
)

// flight is a load in progress.
type flight[V any] struct {
	atLeast pubstore.Version
	// again means that the answer to the current query may predate something that
	// the flight must include.
	again  bool
	waited time.Duration // the delay before this flight, if it is a retry
	done   chan struct{}
	value  V
	err    error
}

// due is a scheduled reload.
type due struct {
	timer   *time.Timer
	atLeast pubstore.Version
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

// postpone schedules a reload. If one is scheduled already it stays, with the newer atLeast.
func (s *shelf[K, V]) postpone(k K, atLeast pubstore.Version, wait, waited time.Duration) {
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

// depart starts a flight for a key that has none; s.mu must be held.
func (s *shelf[K, V]) depart(k K, atLeast pubstore.Version, waited time.Duration) *flight[V] {
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

// reply is the answer of Redis to a query for a key.
type reply[V any] struct {
	value V
	err   error
	// confirmed is the stretch that confirms the answer, or unconfirmed. In the latter
	// case, lagging means that Redis is behind a log that we do follow.
	confirmed uint64
	lagging   bool
}

// ask sends one query to Redis, once a slot is free.
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
	// Read before the query: the answer must contain everything up to here, and later
	// announcements find the flight.
	log := s.following()
	var reached int64
	if log != nil {
		reached = log.reached.Load()
	}
	var at pubstore.Position
	r.value, at, r.err = s.load(ctx, k)
	s.loads.count(r.err)
	r.confirmed = log.confirms(reached, at)
	r.lagging = log != nil && r.confirmed == unconfirmed
	return r
}

// land stores the result of a flight. It returns false if the flight must query
// again.
func (s *shelf[K, V]) land(k K, f *flight[V], r reply[V], attempt int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := r.value, r.err
	plainlyAbsent := errors.Is(err, pubstore.ErrAbsent)
	answered := err == nil || plainlyAbsent
	behind := answered && f.again || err == nil && v.publishedAs().Compare(f.atLeast) < 0 ||
		plainlyAbsent && f.atLeast != pubstore.Version{}
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

// merge returns the newer of the resident and the loaded value. If a stretch confirms one
// of them, it also confirms a value that is as new or newer.
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
