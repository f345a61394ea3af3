package postgres_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/postgres"
	"orgmodes/internal/templates"
)

func (l *library) lease(d time.Duration) postgres.PublicationLease {
	return postgres.PublicationLease{Organization: l.org.ID, Holder: uuid.New(), Duration: d}
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

func TestLeaseHasOneHolder(t *testing.T) {
	l := newLibrary(t)
	first, second := l.lease(time.Hour), l.lease(time.Hour)
	l.take(true, first)
	l.take(false, second)
	l.end(false, second)
	l.end(true, first)
	l.take(true, second)
	ask, err := l.db.RequestPublication(t.Context(), l.org.ID, postgres.PublicationRequest{})
	require.NoError(t, err)
	require.True(t, ask.Held)
	l.end(true, second)

	ask, err = l.db.RequestPublication(t.Context(), l.org.ID, postgres.PublicationRequest{})
	require.NoError(t, err)
	require.True(t, ask.Pending && !ask.Held)
	l.take(true, first)
	l.end(false, first)
}

func TestExpiredOrForcedLeaseIsLost(t *testing.T) {
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

// No request is lost: one that doesn't get the lease is left with the holder, even if that
// one ends at the same moment.
func TestPublicationRequestIsNeverLost(t *testing.T) {
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

func TestExpiredLeasesAreDeleted(t *testing.T) {
	l := newLibrary(t)
	l.take(true, l.lease(0))
	n, err := l.db.RequeueExpired(t.Context(), time.Hour)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = l.db.RequeueExpired(t.Context(), time.Hour)
	require.NoError(t, err)
	require.Zero(t, n)
}

// The sweep skips publications that are under way.
func TestSweepSkipsPublicationsUnderWay(t *testing.T) {
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

func TestLatenessReportsOldestAndProgress(t *testing.T) {
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
	require.False(t, late.Progressing)
	l.take(true, l.lease(time.Hour))
	late, err = l.db.Lateness(t.Context(), time.Minute)
	require.NoError(t, err)
	require.True(t, late.Progressing, "it is being rendered")
}

// freezingTracer blocks a client before its first statement that contains text.
type freezingTracer struct {
	text          string
	once          sync.Once
	stopped, wake chan struct{}
}

func (f *freezingTracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	if strings.Contains(q.SQL, f.text) {
		f.once.Do(func() {
			close(f.stopped)
			<-f.wake
		})
	}
	return ctx
}

func (f *freezingTracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// A worker that is frozen while it holds the lock of a publication must not keep others from
// publishing, although its connection stays open.
func TestFrozenPlanDoesNotBlockOthers(t *testing.T) {
	l := newLibrary(t)
	tracer := &freezingTracer{text: "UpsertPublication", stopped: make(chan struct{}), wake: make(chan struct{})}
	asleep, err := postgres.Open(t.Context(), storetest.AppURL(t, l.owner), postgres.WithTracer(tracer))
	require.NoError(t, err)
	defer asleep.Close()
	wake := sync.OnceFunc(func() { close(tracer.wake) })
	defer wake() // before Close, which waits for the connection
	// The row must exist for its lock to be taken.
	_, err = l.db.PlanPublication(t.Context(), l.org.ID, postgres.Publication{Epoch: 1, Revision: 1, Edition: 1})
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() {
		_, err := asleep.PlanPublication(t.Context(), l.org.ID, postgres.Publication{Epoch: 1, Revision: 2, Edition: 1})
		ended <- err
	}()
	<-tracer.stopped
	ctx, cancel := context.WithTimeout(t.Context(), storetest.WaitTimeout)
	defer cancel()
	_, err = l.db.PlanPublication(ctx, l.org.ID, postgres.Publication{Epoch: 1, Revision: 3, Edition: 1})
	require.NoError(t, err)
	wake()
	require.Error(t, <-ended, "its transaction is over")
}

// Only the kinds that changed since the last plan are rendered, or all if that plan was of
// another epoch or edition.
func TestBytesToRenderCountOnlyChangedKinds(t *testing.T) {
	l := newLibrary(t)
	edition, err := l.db.ClaimEdition(t.Context(), 1, "x")
	require.NoError(t, err)
	inst, err := l.db.Installation(t.Context())
	require.NoError(t, err)
	docs := mode("docs")
	docs.Config.CustomInstructions = strings.Repeat("Be brief. ", 1000)
	_, err = l.db.Modes.Create(t.Context(), ada, l.org.ID, docs)
	require.NoError(t, err)
	ask := func(a postgres.PublicationRequest) int64 {
		a.Dependencies = []postgres.Dependency{{"mode", "mode", false}, {"organization", "mode", false}, {"template", "mode", true}, {"template", "template", false}}
		state, err := l.db.RequestPublication(t.Context(), l.org.ID, a)
		require.NoError(t, err)
		return state.Bytes
	}
	plan := func(edition int64) {
		revision, err := l.db.Revision(t.Context(), l.org.ID)
		require.NoError(t, err)
		_, err = l.db.PlanPublication(t.Context(), l.org.ID, postgres.Publication{Epoch: inst.Epoch, Revision: revision, Edition: edition})
		require.NoError(t, err)
	}
	change := func(edit func(*templates.OrganizationTemplate)) {
		_, err := l.db.Templates.Update(t.Context(), ada, l.org.ID, "Safe Sandbox", 0, func(o templates.OrganizationTemplate) (templates.OrganizationTemplate, error) {
			edit(&o)
			return o, nil
		})
		require.NoError(t, err)
	}
	whole := ask(postgres.PublicationRequest{})
	require.Greater(t, whole, int64(10_000), "nothing was planned")
	plan(edition)
	require.Zero(t, ask(postgres.PublicationRequest{}))
	require.Equal(t, whole, ask(postgres.PublicationRequest{Whole: true}))
	change(func(o *templates.OrganizationTemplate) { o.Description = new("Another") })
	require.Positive(t, ask(postgres.PublicationRequest{}))
	require.Less(t, ask(postgres.PublicationRequest{}), int64(5_000), "the modes stay")
	change(func(o *templates.OrganizationTemplate) { o.Name = "Sandbox" })
	require.Greater(t, ask(postgres.PublicationRequest{}), int64(10_000), "modes show the names of templates")
	plan(edition)
	l.create("more")
	require.Greater(t, ask(postgres.PublicationRequest{}), int64(10_000))
	plan(edition + 1) // of a release that was rolled back
	require.Greater(t, ask(postgres.PublicationRequest{}), int64(10_000))
}
