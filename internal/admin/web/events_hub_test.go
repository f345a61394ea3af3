package web

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/postgres"
)

func newTestHub(ask func() (postgres.PublicationStatus, error)) *hub {
	h := newHub(nil, slog.New(slog.DiscardHandler))
	h.ask = func(context.Context, uuid.UUID) (postgres.PublicationStatus, error) { return ask() }
	return h
}

func TestHubAsksOnceForAllViewersAndStopsAfterTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var revision, asked atomic.Int64
		revision.Store(1)
		h := newTestHub(func() (postgres.PublicationStatus, error) {
			asked.Add(1)
			s := postgres.PublicationStatus{}
			s.Revision = revision.Load()
			return s, nil
		})
		org := uuid.New()
		first, leaveFirst := h.join(org)
		synctest.Wait()
		second, leaveSecond := h.join(org)
		require.EqualValues(t, 1, (<-first).Revision)
		require.EqualValues(t, 1, (<-second).Revision, "who comes later gets what is known")
		require.EqualValues(t, 1, asked.Load())
		revision.Store(2)
		require.EqualValues(t, 2, (<-first).Revision)
		revision.Store(3)
		require.EqualValues(t, 3, (<-first).Revision)
		synctest.Wait()
		require.EqualValues(t, 3, (<-second).Revision, "who is slow gets the newest")
		require.EqualValues(t, 3, asked.Load())
		leaveFirst()
		leaveSecond()
		synctest.Wait() // and the test ends only if nobody asks any more
		require.Empty(t, h.watched)
	})
}

func TestHubLetsGoOfViewersWhenTheDatabaseIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var away atomic.Bool
		h := newTestHub(func() (postgres.PublicationStatus, error) {
			if away.Load() {
				return postgres.PublicationStatus{}, errors.New("away")
			}
			return postgres.PublicationStatus{}, nil
		})
		org := uuid.New()
		states, leave := h.join(org)
		<-states
		away.Store(true)
		_, open := <-states
		require.False(t, open)
		away.Store(false)
		again, leaveAgain := h.join(org)
		_, open = <-again
		require.True(t, open, "another watch, which the old one's end doesn't touch")
		leave()
		require.Len(t, h.watched, 1)
		leaveAgain()
		require.Empty(t, h.watched)
	})
}
