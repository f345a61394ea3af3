package worker_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/pubstore"
	"orgmodes/internal/worker"
)

// waitHalted waits until a worker has stopped publishing and names the remedy.
func (w *world) waitHalted(running *worker.Worker) {
	w.t.Helper()
	w.await(func() error {
		if !strings.Contains(running.Halted(), "admin epoch raise") {
			return errors.New("not halted")
		}
		return nil
	})
}

// publishFutureRevision gives Redis a revision of the organization that Postgres doesn't know.
func (w *world) publishFutureRevision(d *pubstore.Document) {
	w.t.Helper()
	ahead := *d
	ahead.Version.Revision += 50
	w.await(func() error { // the fence may not be lifted yet
		out, err := w.store.PublishDocument(w.t.Context(), &ahead, pubstore.Reconciliation{})
		if err == nil && out.Status != pubstore.Published {
			err = errors.New(string(out.Status))
		}
		return err
	})
}

// A leader that has compared everything finds the unknown revision when it writes.
func TestWriteAheadOfDatabaseHalts(t *testing.T) {
	w := newWorld(t)
	running, _ := w.startWorker()
	w.publishFutureRevision(w.waitPublished())
	w.create("docs")
	w.waitHalted(running)
}

// While publishing is halted, no watermarks are sent.
func TestHaltedWorkerWritesNoWatermarks(t *testing.T) {
	w := newWorld(t)
	running, _ := w.startWorker()
	w.publishFutureRevision(w.waitPublished())
	w.create("docs")
	w.waitHalted(running)
	// One that was already being sent may still arrive; further ones would follow every
	// second.
	w.await(func() error {
		last, _, err := w.store.LogTail(t.Context())
		require.NoError(t, err)
		time.Sleep(3 * time.Second)
		entries, err := w.store.ReadLog(t.Context(), last, time.Millisecond)
		require.NoError(t, err)
		for _, e := range entries {
			if e.Kind == pubstore.EntryWatermark {
				return fmt.Errorf("a watermark at %d", e.N)
			}
		}
		return nil
	})
}

// A token's record that Postgres doesn't know may be a revocation that the restored backup
// has lost.
func TestTokenAheadOfDatabaseHalts(t *testing.T) {
	w := newWorld(t)
	_, stop := w.startWorker()
	_, hash := w.token(w.member("bob@example.com"))
	w.waitRecord(hash, func(*pubstore.Token) bool { return true })
	w.waitPublished()
	stop()
	ahead, err := w.store.Token(t.Context(), hash)
	require.NoError(t, err)
	ahead.Version += 50
	ahead.Revoked = true
	_, err = w.store.PublishToken(t.Context(), ahead, pubstore.Reconciliation{})
	require.NoError(t, err)
	running, _ := w.startWorker()
	w.waitHalted(running)
	got, err := w.store.Token(t.Context(), hash)
	require.NoError(t, err)
	require.True(t, got.Revoked)
}

// A Redis that was filled under a later epoch than that of Postgres.
func TestRedisWithLaterEpochHalts(t *testing.T) {
	w := newWorld(t)
	rec, _, err := w.store.BeginReconcile(t.Context(), 1000)
	require.NoError(t, err)
	_, err = w.store.FinishReconcile(t.Context(), rec, 9)
	require.NoError(t, err)
	running, _ := w.startWorker()
	w.waitHalted(running)
	state, err := w.store.State(t.Context())
	require.NoError(t, err)
	require.Equal(t, pubstore.State{Fill: pubstore.Filled, Incarnation: 1000, Epoch: 9}, state)
}

// A worker whose edition is superseded publishes nothing, even before it has noticed.
func TestSupersededWorkerDoesNotPublish(t *testing.T) {
	w := newWorld(t)
	inst, err := w.db.Installation(t.Context())
	require.NoError(t, err)
	rec, _, err := w.store.BeginReconcile(t.Context(), inst.Incarnation)
	require.NoError(t, err)
	_, err = w.store.FinishReconcile(t.Context(), rec, inst.Epoch)
	require.NoError(t, err)
	old, err := w.db.ClaimEdition(t.Context(), 1, "old")
	require.NoError(t, err)
	newer, err := w.db.ClaimEdition(t.Context(), 1, "new")
	require.NoError(t, err)
	publisher := func(edition int64) *worker.Publisher {
		return worker.NewPublisher(worker.PublisherConfig{Store: w.db, Redis: w.store, Log: testLogger(t), Edition: edition, Parallel: 1})
	}
	require.Error(t, publisher(old).PublishOrganization(t.Context(), w.org.ID))
	_, err = w.store.Document(t.Context(), w.org.ID.String())
	require.ErrorIs(t, err, pubstore.ErrAbsent)
	require.NoError(t, publisher(newer).PublishOrganization(t.Context(), w.org.ID))
	got, err := w.store.Document(t.Context(), w.org.ID.String())
	require.NoError(t, err)
	require.Equal(t, newer, got.Version.Edition)
}

// A publication that fails is retried by its own job: the sweep is for publications without
// a job.
func TestFailedJobIsRetried(t *testing.T) {
	w := newWorld(t)
	ours := `select count(*) from river_job where args->>'organization_id' = '` + w.org.ID.String() + `'`
	w.startWorker()
	w.waitPublished()
	w.await(func() error { return w.checkZero(ours + ` and state <> 'completed'`) })
	w.exec(`create sequence attempts`)
	w.exec(`grant usage on sequence attempts to public`)
	w.exec(`create function once() returns trigger language plpgsql as $$ begin
		if nextval('attempts') = 1 then raise exception 'once'; end if; return new; end $$;
		create trigger once before insert or update on publications for each row
		when (new.organization_id = '` + w.org.ID.String() + `') execute function once()`)
	w.create("docs")
	w.waitPublished()
	w.await(func() error {
		return w.checkZero(ours + ` and (state <> 'completed' or args->>'revision' = '2' and attempt < 2)`)
	})
}
