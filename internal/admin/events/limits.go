package events

import (
	"sync"

	"github.com/google/uuid"

	"orgmodes/internal/fault"
)

const (
	// defaultMaxStreams bounds the event streams of all users together.
	defaultMaxStreams = 2000
	// maxStreamsPerUser and maxStreamsPerSession bound the streams of one user and one
	// session. A browser has a stream for each visible window, and at most six
	// connections.
	maxStreamsPerUser    = 20
	maxStreamsPerSession = 12
)

// Limits counts and bounds the open event streams.
type Limits struct {
	max int

	mu       sync.Mutex
	total    int
	users    map[uuid.UUID]int
	sessions map[string]int
}

// NewLimits returns Limits of total concurrent streams; 0 means 2,000.
func NewLimits(total int) *Limits {
	if total == 0 {
		total = defaultMaxStreams
	}
	return &Limits{max: total, users: map[uuid.UUID]int{}, sessions: map[string]int{}}
}

// Acquire counts one more stream of a user, in a session or with an access token. release
// must be called once, when the stream ends. The error is Exhausted if the user or the
// session has too many streams, and Unavailable if there are too many in total.
func (o *Limits) Acquire(user uuid.UUID, session string) (release func(), err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.users[user] >= maxStreamsPerUser:
		return nil, fault.New(fault.Exhausted, "too_many_streams", "You have %d event streams open; close some windows", o.users[user])
	case o.sessions[session] >= maxStreamsPerSession:
		return nil, fault.New(fault.Exhausted, "too_many_streams", "This session has %d event streams open; close some windows", o.sessions[session])
	case o.total >= o.max:
		return nil, fault.New(fault.Unavailable, "too_many_streams", "Too many event streams are open; reload the page to see changes")
	}
	o.total++
	o.users[user]++
	o.sessions[session]++
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.total--
		if o.users[user]--; o.users[user] == 0 {
			delete(o.users, user)
		}
		if o.sessions[session]--; o.sessions[session] == 0 {
			delete(o.sessions, session)
		}
	}, nil
}
