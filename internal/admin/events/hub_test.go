package events

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/postgres"
)

func newTestHub(queryStatus func() (postgres.PublicationStatus, error)) *Hub {
	h := NewHub(nil, slog.New(slog.DiscardHandler))
	h.queryStatus = func(context.Context, uuid.UUID) (postgres.PublicationStatus, error) { return queryStatus() }
	h.listen = func(ctx context.Context, _ func(), _ func(uuid.UUID)) error {
		return errors.New("no notifications")
	}
	return h
}

func TestHubQueriesOnceForAllViewers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var revision, queries atomic.Int64
		revision.Store(1)
		h := newTestHub(func() (postgres.PublicationStatus, error) {
			queries.Add(1)
			s := postgres.PublicationStatus{}
			s.Revision = revision.Load()
			return s, nil
		})
		org := uuid.New()
		first, leaveFirst := h.States(org)
		synctest.Wait()
		second, leaveSecond := h.States(org)
		require.EqualValues(t, 1, (<-first).Revision)
		require.EqualValues(t, 1, (<-second).Revision, "a later viewer gets the known state")
		require.EqualValues(t, 1, queries.Load())
		revision.Store(2)
		require.EqualValues(t, 2, (<-first).Revision)
		revision.Store(3)
		require.EqualValues(t, 3, (<-first).Revision)
		synctest.Wait()
		require.EqualValues(t, 3, (<-second).Revision, "who is slow gets the newest")
		require.EqualValues(t, 3, queries.Load())
		leaveFirst()
		leaveSecond()
		synctest.Wait() // the bubble ends only once the querying goroutine has
		require.Empty(t, h.watched)
	})
}

func TestHubClosesViewersWhenDatabaseFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var unavailable atomic.Bool
		h := newTestHub(func() (postgres.PublicationStatus, error) {
			if unavailable.Load() {
				return postgres.PublicationStatus{}, errors.New("away")
			}
			return postgres.PublicationStatus{}, nil
		})
		org := uuid.New()
		states, leave := h.States(org)
		<-states
		unavailable.Store(true)
		_, open := <-states
		require.False(t, open)
		unavailable.Store(false)
		again, leaveAgain := h.States(org)
		_, open = <-again
		require.True(t, open, "another watch, which the old one's end doesn't touch")
		leave()
		require.Len(t, h.watched, 1)
		leaveAgain()
		require.Empty(t, h.watched)
	})
}

// notifier is a fake of Postgres that notifies when a test tells it to.
type notifier struct {
	heard chan uuid.UUID
	lost  chan error
	began atomic.Int64
}

func (n *notifier) listen(ctx context.Context, listening func(), changed func(uuid.UUID)) error {
	n.began.Add(1)
	listening()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-n.lost:
			return err
		case org := <-n.heard:
			changed(org)
		}
	}
}

func TestHubQueriesOnNotification(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var revision, queries atomic.Int64
		h := newTestHub(func() (postgres.PublicationStatus, error) {
			queries.Add(1)
			s := postgres.PublicationStatus{}
			s.Revision = revision.Load()
			return s, nil
		})
		n := &notifier{heard: make(chan uuid.UUID), lost: make(chan error)}
		h.listen = n.listen
		org := uuid.New()
		states, leave := h.States(org)
		<-states
		synctest.Wait()
		at := queries.Load()
		since := func(d time.Duration) int64 {
			time.Sleep(d)
			synctest.Wait()
			before := at
			at = queries.Load()
			return at - before
		}
		require.EqualValues(t, 6, since(time.Minute), "a notification may be lost")

		began := time.Now()
		revision.Store(1)
		n.heard <- uuid.New() // another organization's
		n.heard <- org
		require.EqualValues(t, 1, (<-states).Revision)
		require.Equal(t, began, time.Now(), "at once")
		require.EqualValues(t, 1, since(0))

		// A lost notification delays a state by at most slowPollInterval.
		revision.Store(2)
		require.EqualValues(t, 2, (<-states).Revision)
		require.LessOrEqual(t, time.Since(began), slowPollInterval)
		since(0)

		// While Postgres can't notify, the state is polled at the fast rate.
		n.lost <- errors.New("connection lost")
		require.GreaterOrEqual(t, since(relistenDelay), int64(3), "at once, after half a second, and when it listens again")
		require.EqualValues(t, 2, n.began.Load())
		leave()
		synctest.Wait()
		require.Empty(t, h.watched)
		require.Nil(t, h.stopListening)

		// A later viewer receives notifications, too.
		again, leaveAgain := h.States(org)
		<-again
		synctest.Wait()
		require.EqualValues(t, 3, n.began.Load())
		leaveAgain()
	})
}
