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
	// eventsPoll is how often an organization is asked for that somebody watches.
	eventsPoll = 500 * time.Millisecond
	// eventsPatience is how long such a question may take.
	eventsPatience = 5 * time.Second
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

// hub asks the database for the state of the organizations that somebody watches:
// one question for each, whatever the number of viewers.
//
//	first viewer joins ──> a goroutine polls ──> each change to each viewer
//	last viewer leaves ──> it ends           ──> a failure closes all of them:
//	                                             the browsers say so, and come back
type hub struct {
	ask func(context.Context, uuid.UUID) (postgres.PublicationStatus, error)
	log *slog.Logger

	mu      sync.Mutex
	watched map[uuid.UUID]*watch
}

// watch is an organization that somebody watches.
type watch struct {
	viewers map[chan state]struct{}
	last    *state
	stop    context.CancelFunc
}

func newHub(db *postgres.DB, log *slog.Logger) *hub {
	return &hub{ask: db.PublicationStatus, log: log, watched: map[uuid.UUID]*watch{}}
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
		w = &watch{viewers: map[chan state]struct{}{}, stop: cancel}
		h.watched[org] = w
		go h.poll(ctx, org, w)
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
			delete(h.watched, org)
		}
	}
}

// poll asks until the last viewer has left, or the database doesn't answer.
func (h *hub) poll(ctx context.Context, org uuid.UUID, w *watch) {
	tick := time.NewTicker(eventsPoll)
	defer tick.Stop()
	for {
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
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// give hands a state to all viewers; nil ends the watch.
func (h *hub) give(org uuid.UUID, w *watch, s *state) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s == nil && h.watched[org] == w {
		delete(h.watched, org) // who comes back asks anew
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
