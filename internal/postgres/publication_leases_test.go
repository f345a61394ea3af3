package postgres_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/postgres"
)

func (l *library) lease(d time.Duration) postgres.PublicationLease {
	return postgres.PublicationLease{Organization: l.org.ID, Holder: uuid.New(), For: d}
}

func (l *library) take(want bool, lease postgres.PublicationLease) {
	l.t.Helper()
	got, err := l.db.TakeLease(l.t.Context(), lease)
	require.NoError(l.t, err)
	require.Equal(l.t, want, got)
}

func (l *library) end(want bool, lease postgres.PublicationLease) {
	l.t.Helper()
	got, err := l.db.EndLease(l.t.Context(), lease)
	require.NoError(l.t, err)
	require.Equal(l.t, want, got)
}

func TestLeaseIsHeldByOne(t *testing.T) {
	l := newLibrary(t)
	first, second := l.lease(time.Hour), l.lease(time.Hour)
	l.take(true, first)
	l.take(false, second)
	l.end(false, second)
	l.end(true, first)
	l.take(true, second)
	ask, err := l.db.AskToPublish(t.Context(), l.org.ID, false)
	require.NoError(t, err)
	require.True(t, ask.Held)
	l.end(true, second)

	ask, err = l.db.AskToPublish(t.Context(), l.org.ID, false)
	require.NoError(t, err)
	require.True(t, ask.Pending && !ask.Held)
	l.take(true, first)
	l.end(false, first)
}

func TestLeaseThatExpiresOrIsForcedIsLost(t *testing.T) {
	l := newLibrary(t)
	dead, next := l.lease(0), l.lease(time.Hour)
	l.take(true, dead)
	l.take(true, next)
	kept, err := l.db.RenewLease(t.Context(), dead)
	require.NoError(t, err)
	require.False(t, kept)
	l.end(false, dead)
	forced := l.lease(time.Hour)
	forced.Force = true
	l.take(true, forced)
	kept, err = l.db.RenewLease(t.Context(), forced)
	require.NoError(t, err)
	require.True(t, kept)
	l.end(false, forced)
}

// Nothing lost: whoever does not get the lease has left word with its holder, also
// where that one ends at the same moment.
func TestNoWordIsLost(t *testing.T) {
	l := newLibrary(t)
	var changes, published atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 25 {
				changes.Add(1)
				for again := true; again; {
					lease := l.lease(time.Hour)
					taken, err := l.db.TakeLease(t.Context(), lease)
					if err != nil {
						t.Error(err)
						return
					}
					if !taken {
						break
					}
					published.Store(changes.Load())
					if again, err = l.db.EndLease(t.Context(), lease); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 200, published.Load(), "the last change is published")
}

func TestExpiredLeasesAreDropped(t *testing.T) {
	l := newLibrary(t)
	l.take(true, l.lease(0))
	n, err := l.db.ReturnExpired(t.Context(), time.Hour)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = l.db.ReturnExpired(t.Context(), time.Hour)
	require.NoError(t, err)
	require.Zero(t, n)
}

// What is under way is no business of the sweep.
func TestSweepLeavesOutWhatIsUnderWay(t *testing.T) {
	l := newLibrary(t)
	pending := func() int {
		found, err := l.db.PendingOrganizations(t.Context(), 0, 10)
		require.NoError(t, err)
		n := 0
		for _, o := range found {
			if o.ID == l.org.ID {
				n++
			}
		}
		return n
	}
	require.Equal(t, 1, pending())
	lease := l.lease(time.Hour)
	l.take(true, lease)
	require.Zero(t, pending())
	l.end(false, lease)
	l.take(true, l.lease(0))
	require.Equal(t, 1, pending(), "the lease has expired")
}

func TestLateness(t *testing.T) {
	l := newLibrary(t)
	late, err := l.db.Lateness(t.Context(), time.Minute)
	require.NoError(t, err)
	require.Zero(t, late.Organizations)
	l.exec(`update organizations set pending_since = now() - interval '1 hour', live_at = now() - interval '2 hours' where id = $1`, l.org.ID)
	late, err = l.db.Lateness(t.Context(), time.Minute)
	require.NoError(t, err)
	require.EqualValues(t, 1, late.Organizations)
	require.Equal(t, l.org.ID, late.Oldest)
	require.InDelta(t, time.Hour, late.Age, float64(10*time.Minute))
	require.False(t, late.Moves)
	l.take(true, l.lease(time.Hour))
	late, err = l.db.Lateness(t.Context(), time.Minute)
	require.NoError(t, err)
	require.True(t, late.Moves, "it is being rendered")
}
