package worker_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/pubstore"
)

func TestFlushedRedisIsRefilled(t *testing.T) {
	w := newWorld(t)
	w.startWorker()
	for i := range 5 {
		w.create(fmt.Sprintf("m%d", i))
	}
	_, hash := w.token(w.member("bob@example.com"))
	before := w.waitPublished()
	for range 3 {
		w.redis.FlushAll()
		require.Equal(t, before, w.waitPublished())
		w.waitRecord(hash, func(*pubstore.Token) bool { return true })
	}
}

func TestRedisRestartedEmptyIsRefilled(t *testing.T) {
	w := newWorld(t)
	w.startWorker()
	w.waitPublished()
	w.redis.Kill()
	w.create("while-away")
	w.redis.Restart()
	require.EqualValues(t, 2, w.waitPublished().Version.Revision)
}

// Redis may be unavailable when a worker starts; changes are published once it is back.
func TestWorkerStartsWithoutRedis(t *testing.T) {
	w := newWorld(t)
	w.redis.Kill()
	w.startWorker()
	w.create("docs")
	w.redis.Restart()
	w.waitPublished()
}

// A replica that lags and is promoted has lost writes that were recorded as published: the
// comparison finds them.
func TestWritesLostInFailoverAreRepublished(t *testing.T) {
	w := newWorld(t)
	_, stop := w.startWorker()
	tok, hash := w.token(w.member("bob@example.com"))
	w.waitPublished()
	w.waitRecord(hash, func(*pubstore.Token) bool { return true })
	doc := w.redis.Do("DUMP", "{om}:doc:"+w.org.ID.String())
	stop()
	require.NotEmpty(t, doc)

	// The same Redis, reset to before the last two changes.
	old, err := w.store.Document(t.Context(), w.org.ID.String())
	require.NoError(t, err)
	_, stop = w.startWorker()
	w.create("docs")
	_, err = w.db.RevokeToken(t.Context(), ada, w.org.ID, tok.ID)
	require.NoError(t, err)
	w.waitPublished()
	stop()
	w.redis.Restart() // empty, and then given the replica's data
	rec, _, err := w.store.BeginReconcile(t.Context(), 1)
	require.NoError(t, err)
	_, err = w.store.PublishDocument(t.Context(), old, rec)
	require.NoError(t, err)
	_, err = w.store.FinishReconcile(t.Context(), rec, 1)
	require.NoError(t, err)

	w.startWorker()
	require.EqualValues(t, 2, w.waitPublished().Version.Revision)
	w.waitRecord(hash, func(r *pubstore.Token) bool { return r.Revoked })
}

// An older backup of Postgres with a Redis that is ahead: nothing is published until an
// operator has raised the epoch.
func TestRedisAheadHaltsUntilEpochIsRaised(t *testing.T) {
	w := newWorld(t)
	_, stop := w.startWorker()
	w.create("docs")
	w.create("lost-by-the-restore")
	w.waitPublished()
	stop()
	w.exec(`delete from organization_modes where slug = 'lost-by-the-restore'`)
	w.exec(`update organizations set revision = 2, published_revision = 2`)
	running, _ := w.startWorker()
	w.await(func() error {
		if !strings.Contains(running.Halted(), "admin epoch raise") {
			return errors.New("not halted")
		}
		return nil
	})
	_, err := w.db.Modes.Create(t.Context(), ada, w.org.ID, mode("after-the-restore"))
	require.NoError(t, err)
	got, err := w.store.Document(t.Context(), w.org.ID.String())
	require.NoError(t, err)
	require.EqualValues(t, 3, got.Version.Revision)
	require.Contains(t, body(t, got, "organization.yaml"), "lost-by-the-restore", "what was published stays")

	_, err = w.db.RaiseEpoch(t.Context(), ada, 100)
	require.NoError(t, err)
	now := w.waitPublished()
	w.await(func() error {
		now, err = w.store.Document(t.Context(), w.org.ID.String())
		if err == nil && now.Version.Epoch != 100 {
			err = errors.New("still the old epoch")
		}
		return err
	})
	require.Equal(t, pubstore.Version{Epoch: 100, Revision: 3, Edition: 1}, now.Version)
	require.Contains(t, body(t, now, "organization.yaml"), "after-the-restore")
	require.NotContains(t, body(t, now, "organization.yaml"), "lost-by-the-restore")
	require.EqualValues(t, 100, now.Find("organization.yaml").Tag.Epoch)
	require.Empty(t, running.Halted())
}

// Two workers share the work, and when the leader ends the other one leads.
func TestLeadershipIsTakenOver(t *testing.T) {
	w := newWorld(t)
	_, stopFirst := w.startWorker()
	w.waitPublished()
	_, stopSecond := w.startWorker()
	stopFirst()
	w.redis.FlushAll()
	w.create("docs")
	w.waitPublished()
	stopSecond()
}

// Organizations and tokens created after the backup are unknown after its restore. Such a
// token must lose its access, because no one can see it.
func TestOrphansGetTombstonesWhenEpochIsRaised(t *testing.T) {
	w := newWorld(t)
	w.startWorker()
	bob := w.member("bob@example.com")
	_, kept := w.token(bob)
	_, orphan := w.token(bob)
	lost, err := w.db.CreateOrganization(t.Context(), ada, "lost", "Lost")
	require.NoError(t, err)
	w.waitPublished()
	w.waitRecord(orphan, func(r *pubstore.Token) bool { return !r.Revoked })
	w.exec(`delete from token_organizations where token_id = (select id from tokens where sha256 = $1)`, orphan[:])
	w.exec(`delete from tokens where sha256 = $1`, orphan[:])
	w.exec(`delete from publications where organization_id = $1`, lost.ID)
	w.exec(`delete from permission_templates where organization_id = $1`, lost.ID)
	w.exec(`alter table versions drop constraint versions_organization_fkey`) // history can't be deleted
	w.exec(`delete from organizations where id = $1`, lost.ID)
	_, err = w.db.RaiseEpoch(t.Context(), ada, 100)
	require.NoError(t, err)
	w.waitRecord(orphan, func(r *pubstore.Token) bool { return r.Revoked && r.Epoch == 100 })
	w.waitRecord(kept, func(r *pubstore.Token) bool { return !r.Revoked && r.Epoch == 100 })
	w.await(func() error {
		d, err := w.store.Document(t.Context(), lost.ID.String())
		if err == nil && !d.Deleted {
			err = errors.New("still there")
		}
		return err
	})
}
