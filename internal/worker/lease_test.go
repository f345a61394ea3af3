package worker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/worker"
)

// gate counts the renders of an organization with modes, and blocks them while it is closed.
type gate struct {
	org     uuid.UUID
	renders atomic.Int64
	mu      sync.Mutex
	closed  chan struct{} // nil: open
	held    chan struct{} // gets one value for each render that is blocked
	stopped chan error    // gets the cause of each render that was canceled while blocked
}

func newGate(org uuid.UUID) *gate {
	return &gate{org: org, held: make(chan struct{}, 100), stopped: make(chan error, 100)}
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = make(chan struct{})
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed != nil {
		close(g.closed)
		g.closed = nil
	}
}

// encode is the hook: modes.json, which names the organization, is the first representation
// of a render.
func (g *gate) encode(ctx context.Context, body []byte) ([]pubstore.Encoded, error) {
	if bytes.HasPrefix(body, []byte(`{"modes"`)) && bytes.Contains(body, []byte(g.org.String())) {
		g.renders.Add(1)
		g.mu.Lock()
		closed := g.closed
		g.mu.Unlock()
		if closed != nil {
			g.held <- struct{}{}
			select {
			case <-closed:
			case <-ctx.Done():
				g.stopped <- context.Cause(ctx)
				return nil, context.Cause(ctx)
			}
		}
	}
	return pubstore.EncodeContext(ctx, body)
}

// startWorkerWith starts a worker as startWorker does, with a dedicated hook and lease
// time.
func (w *world) startWorkerWith(c worker.Config) *worker.Worker {
	w.t.Helper()
	c.DB, c.Redis = w.connect()
	c.Log, c.Builtins = testLogger(w.t), modes.Builtins()
	running := worker.New(c)
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- running.Run(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		require.NoError(w.t, <-done)
	})
	return running
}

func (w *world) receive(from <-chan struct{}, what string) {
	w.t.Helper()
	select {
	case <-from:
	case <-time.After(longTestTimeout):
		require.Fail(w.t, what, "waited %s", longTestTimeout)
	}
}

// longTestTimeout is the timeout for waiting until a lease expires, on a busy machine.
const longTestTimeout = 5 * time.Minute

// count returns the number that a query returns.
func (w *world) count(query string, args ...any) (n int64) {
	w.t.Helper()
	w.query(&n, query, args...)
	return n
}

// query stores the one value that a query returns in dest.
func (w *world) query(dest any, query string, args ...any) {
	w.t.Helper()
	require.NoError(w.t, w.pool.QueryRow(w.t.Context(), query, args...).Scan(dest))
}

const unfinishedJobs = `select count(*) from river_job where kind = 'publish_organization'
	and state not in ('completed', 'cancelled', 'discarded') and args->>'organization_id' = $1`

// waitIdle waits until everything is published and no job is left: the reconciliation at the
// start publishes concurrently.
func (w *world) waitIdle() {
	w.t.Helper()
	w.awaitFor(longTestTimeout, func() error {
		if err := w.nothingPending(); err != nil {
			return err
		}
		return w.checkZero(`select count(*) from river_job where state not in ('completed', 'cancelled')`)
	})
	w.waitPublished()
}

// keepProcessorsBusy keeps all processors busy until the test ends.
func keepProcessorsBusy(t *testing.T) {
	t.Helper()
	var spinning sync.WaitGroup
	var stop atomic.Bool
	for range runtime.GOMAXPROCS(0) {
		spinning.Go(func() {
			for !stop.Load() {
			}
		})
	}
	t.Cleanup(func() { stop.Store(true); spinning.Wait() })
}

// No change is lost, and thirty changes don't cause thirty renders: all that are committed
// during a render cause one more, even if processors are scarce.
func TestChangesDuringRenderCauseOneMoreRender(t *testing.T) {
	w := newWorld(t)
	g := newGate(w.org.ID)
	w.startWorkerWith(worker.Config{Encode: g.encode})
	w.waitIdle()
	keepProcessorsBusy(t)
	g.close()
	t.Cleanup(g.open)
	w.create("docs")
	w.receive(g.held, "the render has not begun")
	edits := 0
	for range 30 {
		_, err := w.db.Modes.Update(t.Context(), ada, w.org.ID, "docs", 0, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
			edits++
			m.Config.WhenToUse = fmt.Sprint("edit ", edits)
			return m, nil
		})
		require.NoError(t, err)
	}
	w.awaitFor(longTestTimeout, func() error {
		require.EqualValues(t, 1, g.renders.Load(), "renders while the first one is under way")
		if n := w.count(unfinishedJobs, w.org.ID.String()); n != 1 {
			return fmt.Errorf("%d jobs are not done, of which one is being worked", n)
		}
		return nil
	})
	g.open()
	d := w.waitPublished()
	require.EqualValues(t, 32, d.Version.Revision)
	require.Contains(t, body(t, d, "modes.yaml"), "edit 30")
	require.EqualValues(t, 2, g.renders.Load(), "renders for 31 changes")
	require.GreaterOrEqual(t, w.count(`select count(*) from river_job where args->>'organization_id' = $1`, w.org.ID.String()), int64(33),
		"one job for each of 32 changes, and one for the 30 that came during the render")
}

// A render that takes longer than its lease is not started a second time.
func TestSlowRenderKeepsItsLease(t *testing.T) {
	const leaseTime = 5 * time.Second
	w := newWorld(t)
	g := newGate(w.org.ID)
	w.startWorkerWith(worker.Config{Encode: g.encode, LeaseTime: leaseTime})
	w.startWorkerWith(worker.Config{Encode: g.encode, LeaseTime: leaseTime})
	w.waitIdle()
	g.close()
	t.Cleanup(g.open)
	w.create("docs")
	w.receive(g.held, "the render has not begun")
	w.awaitFor(longTestTimeout, func() error {
		require.EqualValues(t, 1, g.renders.Load(), "begun a second time")
		if w.count(`select count(*) from publication_leases where organization_id = $1 and expires_at > taken_at + interval '12 s'`, w.org.ID) == 0 {
			return errors.New("the lease was not prolonged")
		}
		return nil
	})
	g.open()
	w.waitPublished()
	require.EqualValues(t, 1, g.renders.Load())
}

// A publication whose lease was taken over stops, and writes nothing.
func TestPublicationStopsWhenLeaseIsLost(t *testing.T) {
	w := newWorld(t)
	g := newGate(w.org.ID)
	w.startWorkerWith(worker.Config{Encode: g.encode, LeaseTime: 2 * time.Second})
	w.waitIdle()
	g.close()
	t.Cleanup(g.open)
	w.create("docs")
	w.receive(g.held, "the render has not begun")
	mine := postgres.PublicationLease{Organization: w.org.ID, Holder: uuid.New(), Duration: time.Hour, Force: true}
	taken, err := w.db.TakeLease(t.Context(), mine)
	require.NoError(t, err)
	require.True(t, taken)
	// The end of its job proves nothing: the job could also return to the queue, and end
	// there because another one holds the lease.
	select {
	case cause := <-g.stopped:
		require.ErrorContains(t, cause, "the lease of the publication is lost")
	case <-time.After(testTimeout):
		require.Fail(t, "the render was not stopped", "waited %s", testTimeout)
	}
	w.awaitFor(longTestTimeout, func() error {
		if n := w.count(unfinishedJobs, w.org.ID.String()); n > 0 {
			return errors.New("it has not stopped")
		}
		return nil
	})
	d, err := w.store.Document(t.Context(), w.org.ID.String())
	require.NoError(t, err)
	require.EqualValues(t, 1, d.Version.Revision, "nothing was written")
	g.open()
	_, err = w.db.EndLease(t.Context(), mine)
	require.NoError(t, err)
	require.EqualValues(t, 2, w.waitPublished().Version.Revision)
}

// Another worker can take over the publication of a worker that is gone as soon as its lease
// has expired. Its job does not stay in the state running.
func TestJobOfDeadWorkerReturnsToQueue(t *testing.T) {
	w := newWorld(t)
	w.create("docs")
	job := w.count(`update river_job set state = 'running', attempt = 25, attempted_at = now() - interval '1 hour', attempted_by = '{gone}'
		where id = (select max(id) from river_job) returning id`)
	taken, err := w.db.TakeLease(t.Context(), postgres.PublicationLease{Organization: w.org.ID, Holder: uuid.New(), JobID: job, Duration: 2 * time.Second})
	require.NoError(t, err)
	require.True(t, taken)
	w.startWorkerWith(worker.Config{LeaseTime: 2 * time.Second})
	w.waitPublished()
	w.awaitFor(longTestTimeout, func() error {
		return w.checkZero(`select count(*) from river_job where id = ` + fmt.Sprint(job) + ` and state <> 'completed'`)
	})
	require.Zero(t, w.count(`select count(*) from publication_leases where organization_id = $1`, w.org.ID))
}
