package reader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orgmodes/internal/pubstore"
)

const (
	// queryTimeout bounds one query to Redis, including the wait for a slot.
	queryTimeout = time.Second
	// maxAttempts bounds the queries of one load. It repeats a query at once if the answer
	// is older than what the log has announced since.
	maxAttempts   = 4
	minRetryDelay = 100 * time.Millisecond
	maxRetryDelay = 5 * time.Second
)

var (
	errBehind  = errors.New("reader: Redis returned older data than its log announced")
	errClosed  = errors.New("reader: closing")
	errTimeout = errors.New("reader: Redis did not answer in time")
)

// load is a load in progress.
type load[V cacheable[V]] struct {
	minVersion pubstore.Version
	// repeat means that the answer to the current query may predate something that the load
	// must include.
	repeat     bool
	retryDelay time.Duration // the delay before this load, if it is a retry
	done       chan struct{}
	value      V
	err        error
}

// pendingReload is a scheduled reload.
type pendingReload struct {
	timer      *time.Timer
	minVersion pubstore.Version
	retryDelay time.Duration
}

func (s *cache[K, V]) waitFor(ctx context.Context, l *load[V]) (V, error) {
	select {
	case <-l.done:
		return l.value, l.err
	case <-ctx.Done():
		var none V
		return none, errTimeout
	}
}

// schedule schedules a reload. If one is scheduled already it stays, with the newer minVersion.
func (s *cache[K, V]) schedule(k K, minVersion pubstore.Version, wait, retryDelay time.Duration) {
	if s.closed {
		return
	}
	if p := s.pending[k]; p != nil {
		p.minVersion = maxVersion(p.minVersion, minVersion)
		return
	}
	p := &pendingReload{minVersion: minVersion, retryDelay: retryDelay}
	p.timer = time.AfterFunc(wait, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.pending[k] == p {
			s.startLoad(k, p.minVersion, p.retryDelay)
		}
	})
	s.pending[k] = p
}

// startLoad starts a load for a key that has none; s.mu must be held.
func (s *cache[K, V]) startLoad(k K, minVersion pubstore.Version, retryDelay time.Duration) *load[V] {
	l := &load[V]{minVersion: minVersion, retryDelay: retryDelay, done: make(chan struct{})}
	if p := s.pending[k]; p != nil {
		p.timer.Stop()
		delete(s.pending, k)
		l.minVersion, l.retryDelay = maxVersion(l.minVersion, p.minVersion), p.retryDelay
	}
	if s.closed {
		l.err = errClosed
		close(l.done)
		return l
	}
	s.inFlight[k] = l
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		s.runLoad(k, l)
	}()
	return l
}

func (s *cache[K, V]) runLoad(k K, l *load[V]) {
	for attempt := 1; ; attempt++ {
		if s.finishLoad(k, l, s.query(k), attempt) {
			close(l.done)
			return
		}
	}
}

// reply is the answer of Redis to a query for a key.
type reply[V cacheable[V]] struct {
	value V
	err   error
	// verified is the segment that verifies the answer, or unverified. In the latter case,
	// lagging means that Redis is behind a log that we do follow.
	verified uint64
	lagging  bool
}

// query sends one query to Redis, once a slot is free.
func (s *cache[K, V]) query(k K) (r reply[V]) {
	ctx, cancel := context.WithTimeout(s.base, s.queryTimeout)
	defer cancel()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		r.err = errTimeout
		return r
	}
	// Read before the query: the answer must contain everything up to here, and later
	// announcements find the load.
	log := s.following()
	var reached int64
	if log != nil {
		reached = log.reached.Load()
	}
	var at pubstore.Position
	r.value, at, r.err = s.load(ctx, k)
	s.loads.count(r.err)
	r.verified = log.verifies(reached, at)
	r.lagging = log != nil && r.verified == unverified
	return r
}

// outcome is the state of a load after an answer.
type outcome uint8

const (
	repeated outcome = iota // the answer lacks something; query again
	found                   // the answer has the value
	missing                 // the answer proves that there is none
	failed                  // there is no answer, or only ones that lack something
)

// decide decides the outcome of the attempt-th answer. The error explains missing and failed.
//
//	answer    all that was announced   attempts left   verified   outcome
//	none      -                        any             -          failed
//	any       no                       some            -          repeated
//	any       no                       none            -          failed
//	any       unknown (lagging)        some            -          repeated
//	a value   yes, or unknown          any             -          found
//	absent    yes, or unknown          any             no         failed
//	absent    yes                      any             yes        missing
func decide[V cacheable[V]](l *load[V], r reply[V], attempt int) (outcome, error) {
	absent := errors.Is(r.err, pubstore.ErrAbsent)
	if r.err != nil && !absent {
		return failed, r.err
	}
	behind := l.repeat || l.lacks(r.value, absent)
	switch {
	case (behind || r.lagging) && attempt < maxAttempts:
		return repeated, nil
	case behind || absent && r.verified == unverified:
		return failed, fmt.Errorf("%w: want %s", errBehind, l.minVersion)
	case absent:
		return missing, r.err
	}
	return found, nil
}

// lacks reports whether an answer is older than the version that the load must include.
func (l *load[V]) lacks(v V, absent bool) bool {
	if absent {
		return l.minVersion != pubstore.Version{}
	}
	return v.publishedVersion().Compare(l.minVersion) < 0
}

// finishLoad stores the result of a load. It returns false if the load must query again.
func (s *cache[K, V]) finishLoad(k K, l *load[V], r reply[V], attempt int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	out, err := decide(l, r, attempt)
	if out == repeated {
		l.repeat = false
		return false
	}
	delete(s.inFlight, k)
	have, resident := s.backend.peek(k)
	retry := false
	switch {
	case out == found:
		l.value = s.keepNewer(k, r.value.markVerified(r.verified), have, resident)
		retry = l.value.outdated() || r.lagging
	case out == missing && s.removeAbsent:
		s.backend.remove(k)
		l.err = err
	default:
		l.err, s.failing, s.lastFailure = err, true, s.now()
		retry = resident && (l.repeat || l.lacks(have, false) || s.needsReload(have))
	}
	if retry {
		wait := min(max(2*l.retryDelay, minRetryDelay), maxRetryDelay)
		s.schedule(k, l.minVersion, wait, wait)
	}
	return true
}

// keepNewer stores the newer of the resident and the loaded value, and returns it.
func (s *cache[K, V]) keepNewer(k K, loaded, have V, resident bool) V {
	if resident {
		loaded = merge(have, loaded)
		if s.onReload != nil {
			s.onReload(have, loaded)
		}
	}
	s.backend.set(k, loaded)
	return loaded
}

// needsReload reports whether a resident value is outdated, or unverified while a log is
// followed that could verify it.
func (s *cache[K, V]) needsReload(have V) bool {
	return have.outdated() || have.verifiedBy() == unverified && s.following() != nil
}

// merge returns the newer of the resident and the loaded value. If a segment verifies one
// of them, it also verifies a value that is as new or newer.
func merge[V cacheable[V]](have, loaded V) V {
	by := min(have.verifiedBy(), loaded.verifiedBy())
	if have.publishedVersion().Compare(loaded.publishedVersion()) > 0 {
		return have.markVerified(by)
	}
	if loaded.publishedVersion().Compare(have.newest()) < 0 {
		loaded = loaded.markOutdated(have.newest())
	}
	return loaded.markVerified(by)
}
