package password

import (
	"sync"
	"time"
)

// Throttle bounds how many wrong passwords there may be per key, such as an
// address, in a window of time. It keeps at most maxKeys in memory.
type Throttle struct {
	limit  int
	window time.Duration
	now    func() time.Time

	mu   sync.Mutex
	keys map[string]*attempts
}

type attempts struct {
	count int
	since time.Time
}

const maxKeys = 10_000

// NewThrottle allows limit attempts per key and window. now is nil for the
// clock.
func NewThrottle(limit int, window time.Duration, now func() time.Time) *Throttle {
	if now == nil {
		now = time.Now
	}
	return &Throttle{limit: limit, window: window, now: now, keys: map[string]*attempts{}}
}

// Take counts an attempt before it is made, so that many at once can't all be
// the last one. It reports false, and how long to wait, where there were too
// many.
func (t *Throttle) Take(key string) (wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	a := t.keys[key]
	if a == nil || now.Sub(a.since) >= t.window {
		if a == nil {
			t.makeRoom(now)
		}
		a = &attempts{since: now}
		t.keys[key] = a
	}
	if a.count >= t.limit {
		return t.window - now.Sub(a.since), false
	}
	a.count++
	return 0, true
}

// GiveBack takes back an attempt that succeeded.
func (t *Throttle) GiveBack(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a := t.keys[key]; a != nil && a.count > 0 {
		a.count--
	}
}

// makeRoom forgets what has run out when the memory is full, and some of the
// others where that isn't enough: a tenth, so that it isn't done every time.
func (t *Throttle) makeRoom(now time.Time) {
	if len(t.keys) < maxKeys {
		return
	}
	for k, a := range t.keys {
		if now.Sub(a.since) >= t.window {
			delete(t.keys, k)
		}
	}
	for k := range t.keys {
		if len(t.keys) <= maxKeys-maxKeys/10 {
			return
		}
		delete(t.keys, k)
	}
}
