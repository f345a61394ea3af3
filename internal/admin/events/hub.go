package events

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/postgres"
	"orgmodes/internal/wakeup"
)

const (
	// fastPollInterval is the interval of polling the state of a watched organization while
	// Postgres can't notify. slowPollInterval is the interval while it can, because a
	// notification can be lost.
	fastPollInterval = 500 * time.Millisecond
	slowPollInterval = 10 * time.Second
	// queryTimeout bounds each query of a poll.
	queryTimeout = 5 * time.Second
	// maxBatches is how many batches of changes are queued for a slow follower. maxChanges
	// is the maximum number of changes in a batch.
	maxBatches = 64
	maxChanges = 1000
	// relistenDelay is the pause before the next attempt to listen.
	relistenDelay = time.Second
)

// State is the state of an organization and its publication.
type State struct {
	Revision  int64 `json:"revision"`
	Published int64 `json:"published"`
	Pending   bool  `json:"pending"`
	// Since is when Published went live, in microseconds since 1970; 0 if that is unknown.
	Since int64 `json:"since"`
}

func stateFrom(s postgres.PublicationStatus) State {
	now := State{Revision: s.Revision, Published: s.PublishedRevision, Pending: s.PendingSince != nil}
	if s.PublishedAt != nil {
		now.Since = s.PublishedAt.UnixMicro()
	}
	return now
}

// ID identifies a state: equal states have the same ID.
func (s State) ID() string {
	return fmt.Sprintf("%d.%d.%t.%d", s.Revision, s.Published, s.Pending, s.Since)
}

// JSON returns the state as it is sent.
func (s State) JSON() []byte {
	b, err := json.Marshal(s)
	if err != nil {
		return []byte("{}") // numbers can always be encoded
	}
	return b
}

// Hub queries the database for the state of the watched organizations, whenever
// Postgres notifies of a change. It queries once for all viewers of an organization:
//
//	first viewer joins ──> queried now and on each change ──> viewers receive it
//	last viewer leaves ──> no more queries
//	a query fails      ──> their channels are closed: browsers show this and reconnect
//
// Changes are read once for all followers of an organization. The hub listens for
// notifications while any organization is watched.
type Hub struct {
	queryStatus  func(context.Context, uuid.UUID) (postgres.PublicationStatus, error)
	listen       func(ctx context.Context, listening func(), changed func(uuid.UUID)) error
	queryChanges func(ctx context.Context, org uuid.UUID, after, upTo int64, limit int) ([]postgres.Change, error)
	log          *slog.Logger

	mu      sync.Mutex
	watched map[uuid.UUID]*watch
	// stopListening is nil while nothing is watched. listening reports whether Postgres
	// can notify.
	stopListening context.CancelFunc
	listening     bool
}

// watch is the state of one watched organization.
type watch struct {
	viewers map[chan State]struct{}
	last    *State
	// followers have received all changes up to the revision delivered, which is 0 without
	// followers.
	followers map[chan []postgres.Change]struct{}
	delivered int64
	stop      context.CancelFunc
	// wake triggers a query of the state.
	wake chan struct{}
}

// NewHub returns a Hub that queries db.
func NewHub(db *postgres.DB, log *slog.Logger) *Hub {
	return &Hub{queryStatus: db.PublicationStatus, listen: db.ListenForChanges, queryChanges: db.Changes, log: log, watched: map[uuid.UUID]*watch{}}
}

// States returns the current state of an organization and all later ones. If states
// change faster than they are received, only the newest is kept. The channel is closed
// if the state can't be read. unsubscribe must be called once.
func (h *Hub) States(org uuid.UUID) (states <-chan State, unsubscribe func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.watch(org)
	viewer := make(chan State, 1)
	w.viewers[viewer] = struct{}{}
	if w.last != nil {
		viewer <- *w.last
	}
	return viewer, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(w.viewers, viewer)
		h.release(org, w)
	}
}

// Changes returns the changes of an organization after the revision from, which was its
// newest at some time during the call. Changes up to from can be included. The channel
// is closed if changes can't be read, or aren't received in time; no change is skipped
// before that. unsubscribe must be called once.
func (h *Hub) Changes(ctx context.Context, org uuid.UUID) (from int64, changes <-chan []postgres.Change, unsubscribe func(), err error) {
	h.mu.Lock()
	w := h.watch(org)
	follower := make(chan []postgres.Change, maxBatches)
	w.followers[follower] = struct{}{}
	h.mu.Unlock()
	unsubscribe = func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if delete(w.followers, follower); len(w.followers) == 0 {
			w.delivered = 0
		}
		h.release(org, w)
	}
	// Queried after joining, so that no change is missed in between.
	now, err := h.queryStatus(ctx, org)
	if err != nil {
		unsubscribe()
		return 0, nil, nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if w.delivered == 0 {
		w.delivered = now.Revision
		w.trigger() // earlier changes since then were not delivered
	}
	return now.Revision, follower, unsubscribe, nil
}

// watch returns the watch of an organization, and starts one if there is none. h.mu
// must be held.
func (h *Hub) watch(org uuid.UUID) *watch {
	if w := h.watched[org]; w != nil {
		return w
	}
	ctx, cancel := context.WithCancel(context.Background())
	w := &watch{
		viewers: map[chan State]struct{}{}, followers: map[chan []postgres.Change]struct{}{}, stop: cancel, wake: make(chan struct{}, 1),
	}
	h.watched[org] = w
	if h.stopListening == nil {
		var ctx context.Context
		ctx, h.stopListening = context.WithCancel(context.Background())
		go h.keepListening(ctx)
	}
	go h.poll(ctx, org, w)
	return w
}

// release ends a watch that has no viewers or followers. h.mu must be held.
func (h *Hub) release(org uuid.UUID, w *watch) {
	if len(w.viewers)+len(w.followers) > 0 {
		return
	}
	w.stop()
	if h.watched[org] == w {
		h.remove(org)
	}
}

// remove ends the watch of an organization, and stops listening if it was the last.
// h.mu must be held.
func (h *Hub) remove(org uuid.UUID) {
	delete(h.watched, org)
	if len(h.watched) == 0 && h.stopListening != nil {
		h.stopListening()
		h.stopListening, h.listening = nil, false
	}
}

// keepListening wakes the watches of the organizations that Postgres notifies of, until
// ctx is done.
func (h *Hub) keepListening(ctx context.Context) {
	for attempt := 1; ; attempt++ {
		err := h.listen(ctx, func() { _ = h.setListening(ctx, true) }, func(org uuid.UUID) {
			h.mu.Lock()
			defer h.mu.Unlock()
			if w := h.watched[org]; w != nil {
				w.trigger()
			}
		})
		if ctx.Err() != nil {
			return
		}
		if h.setListening(ctx, false) || attempt == 1 {
			h.log.Warn("listening for notifications failed: polling more often", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(relistenDelay):
		}
	}
}

// setListening records whether Postgres can notify, and reports whether that is a
// change. If so, it wakes every watch: from here on, nothing is missed or everything is
// polled.
func (h *Hub) setListening(ctx context.Context, listening bool) (isNew bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if ctx.Err() != nil || h.listening == listening {
		return false // after ctx is done, another goroutine listens
	}
	h.listening = listening
	for _, w := range h.watched {
		w.trigger()
	}
	return true
}

func (w *watch) trigger() {
	select {
	case w.wake <- struct{}{}:
	default: // a query is already due
	}
}

// pollInterval returns the interval between queries without a notification.
func (h *Hub) pollInterval() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listening {
		return wakeup.In(slowPollInterval)
	}
	return fastPollInterval
}

// poll queries the state of an organization until the last viewer has left, or a
// query fails.
func (h *Hub) poll(ctx context.Context, org uuid.UUID, w *watch) {
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		case <-next.C:
		}
		queryCtx, cancel := context.WithTimeout(ctx, queryTimeout)
		s, err := h.queryStatus(queryCtx, org)
		cancel()
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			h.log.Warn("reading organization state failed", "organization_id", org, "error", err)
			h.broadcast(org, w, nil)
			return
		}
		now := stateFrom(s)
		if w.last == nil || *w.last != now {
			h.broadcast(org, w, &now)
		}
		if err := h.deliver(ctx, org, w, now.Revision); err != nil {
			if ctx.Err() == nil {
				h.log.Warn("reading organization changes failed", "organization_id", org, "error", err)
				h.broadcast(org, w, nil)
			}
			return
		}
		next.Reset(h.pollInterval())
	}
}

// deliver sends the changes up to a revision to all followers.
func (h *Hub) deliver(ctx context.Context, org uuid.UUID, w *watch, revision int64) error {
	h.mu.Lock()
	after := w.delivered
	h.mu.Unlock()
	if after == 0 || after >= revision {
		return nil
	}
	queryCtx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	changes, err := h.queryChanges(queryCtx, org, after, revision, maxChanges+1)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if w.delivered != after {
		return nil // all followers are new and joined after these changes
	}
	w.delivered = revision
	for follower := range w.followers {
		select {
		case follower <- changes:
			if len(changes) <= maxChanges {
				continue
			}
		default:
		}
		// The follower is too slow, or there are too many changes: it has to start over.
		delete(w.followers, follower)
		close(follower)
	}
	return nil
}

// broadcast sends a state to all viewers; nil ends the watch.
func (h *Hub) broadcast(org uuid.UUID, w *watch, s *State) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s == nil && h.watched[org] == w {
		h.remove(org) // a viewer that reconnects starts a new watch
	}
	if s == nil {
		for follower := range w.followers {
			close(follower)
		}
		clear(w.followers)
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
