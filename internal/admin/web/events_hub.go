package web

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/postgres"
)

const (
	// fastPoll is how often the state of a watched organization is asked for while Postgres
	// can't notify, slowPoll while it does: a notification may be lost.
	fastPoll = 500 * time.Millisecond
	slowPoll = 10 * time.Second
	// eventsPatience is how long such a question may take.
	eventsPatience = 5 * time.Second
	// listenAgain is the pause before the next attempt to listen.
	listenAgain = time.Second
)

// state is how far an organization and its publication are.
type state struct {
	Revision  int64 `json:"revision"`
	Published int64 `json:"published"`
	Pending   bool  `json:"pending"`
	// Since is when Published went live, in microseconds since 1970; 0 where that
	// isn't known.
	Since int64 `json:"since"`
}

func stateFrom(s postgres.PublicationStatus) state {
	now := state{Revision: s.Revision, Published: s.PublishedRevision, Pending: s.PendingSince != nil}
	if s.PublishedAt != nil {
		now.Since = s.PublishedAt.UnixMicro()
	}
	return now
}

// id names a state: two that are alike have the same.
func (s state) id() string {
	return fmt.Sprintf("%d.%d.%t.%d", s.Revision, s.Published, s.Pending, s.Since)
}

func (s state) json() []byte {
	b, err := json.Marshal(s)
	if err != nil {
		return []byte("{}") // numbers can always be written
	}
	return b
}

// hub asks the database for the state of the organizations that are watched, once for all
// viewers of each, whenever Postgres notifies of a change:
//
//	first viewer joins ──> it is asked for now and on each change ──> viewers get it
//	last viewer leaves ──> nobody asks                            ──> a failure closes their
//	                                                                  channels: browsers say
//	                                                                  so, and come back
//
// It listens for notifications while any organization is watched.
type hub struct {
	ask    func(context.Context, uuid.UUID) (postgres.PublicationStatus, error)
	listen func(ctx context.Context, listening func(), changed func(uuid.UUID)) error
	log    *slog.Logger

	mu      sync.Mutex
	watched map[uuid.UUID]*watch
	// deaf ends listening; nil while nothing is watched. listening is true while
	// notifications are heard.
	deaf      context.CancelFunc
	listening bool
}

// watch is an organization that is watched.
type watch struct {
	viewers map[chan state]struct{}
	last    *state
	stop    context.CancelFunc
	// wake has its state asked for.
	wake chan struct{}
}

func newHub(db *postgres.DB, log *slog.Logger) *hub {
	return &hub{ask: db.PublicationStatus, listen: db.ListenForChanges, log: log, watched: map[uuid.UUID]*watch{}}
}

// join returns the states of an organization: the one now, and each that comes.
// Of those that come faster than they are taken only the newest is kept. A closed
// channel says that the state can't be known. leave has to be called once.
func (h *hub) join(org uuid.UUID) (states <-chan state, leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.watched[org]
	if w == nil {
		ctx, cancel := context.WithCancel(context.Background())
		w = &watch{viewers: map[chan state]struct{}{}, stop: cancel, wake: make(chan struct{}, 1)}
		h.watched[org] = w
		if h.deaf == nil {
			var hearing context.Context
			hearing, h.deaf = context.WithCancel(context.Background())
			go h.hear(hearing)
		}
		go h.follow(ctx, org, w)
	}
	viewer := make(chan state, 1)
	w.viewers[viewer] = struct{}{}
	if w.last != nil {
		viewer <- *w.last
	}
	return viewer, func() { h.leave(org, w, viewer) }
}

func (h *hub) leave(org uuid.UUID, w *watch, viewer chan state) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(w.viewers, viewer)
	if len(w.viewers) == 0 {
		w.stop()
		if h.watched[org] == w {
			h.forget(org)
		}
	}
}

// forget ends the watch of an organization, and listening with the last one. h.mu is held.
func (h *hub) forget(org uuid.UUID) {
	delete(h.watched, org)
	if len(h.watched) == 0 && h.deaf != nil {
		h.deaf()
		h.deaf, h.listening = nil, false
	}
}

// hear wakes the watches of organizations that Postgres notifies of, until ctx is done.
func (h *hub) hear(ctx context.Context) {
	for attempt := 1; ; attempt++ {
		err := h.listen(ctx, func() { _ = h.hears(ctx, true) }, func(org uuid.UUID) {
			h.mu.Lock()
			defer h.mu.Unlock()
			if w := h.watched[org]; w != nil {
				w.awake()
			}
		})
		if ctx.Err() != nil {
			return
		}
		if h.hears(ctx, false) || attempt == 1 {
			h.log.Warn("Postgres can't notify of changes: asking more often until it can", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(listenAgain):
		}
	}
}

// hears notes whether notifications are heard. If that is new, everything is asked for:
// from here on nothing is missed, or everything is polled.
func (h *hub) hears(ctx context.Context, listening bool) (isNew bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if ctx.Err() != nil || h.listening == listening {
		return false // after ctx ended, another goroutine listens
	}
	h.listening = listening
	for _, w := range h.watched {
		w.awake()
	}
	return true
}

func (w *watch) awake() {
	select {
	case w.wake <- struct{}{}:
	default: // it is about to ask
	}
}

// pause returns for how long nothing is asked without a notification.
func (h *hub) pause() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listening {
		return slowPoll
	}
	return fastPoll
}

// follow asks for the state of an organization until the last viewer has left, or the
// database doesn't answer.
func (h *hub) follow(ctx context.Context, org uuid.UUID, w *watch) {
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		case <-next.C:
		}
		asking, cancel := context.WithTimeout(ctx, eventsPatience)
		s, err := h.ask(asking, org)
		cancel()
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			h.log.Warn("state of an organization can't be had", "organization_id", org, "err", err)
			h.give(org, w, nil)
			return
		}
		now := stateFrom(s)
		if w.last == nil || *w.last != now {
			h.give(org, w, &now)
		}
		next.Reset(h.pause())
	}
}

// give hands a state to all viewers; nil ends the watch.
func (h *hub) give(org uuid.UUID, w *watch, s *state) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s == nil && h.watched[org] == w {
		h.forget(org) // whoever comes back asks again
	}
	w.last = s
	for viewer := range w.viewers {
		if s == nil {
			close(viewer)
			continue
		}
		select {
		case <-viewer:
		default:
		}
		viewer <- *s
	}
}
