package loadtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack"
	"orgmodes/internal/postgres"
	"orgmodes/internal/pubstore"
)

// registry holds per-stage values that only one scenario uses.
type registry[T any] struct{ all sync.Map }

func (r *registry[T]) put(t *testing.T, s *stage, v T) {
	r.all.Store(s, v)
	t.Cleanup(func() { r.all.Delete(s) })
}

func (r *registry[T]) get(s *stage) T {
	v, _ := r.all.Load(s)
	out, _ := v.(T)
	return out
}

// ownPostgres is a server that a scenario can stop, with its data on disk.
type ownPostgres struct {
	program *devstack.Program
	dir     string
	running *devstack.Postgres
}

var servers = &registry[*ownPostgres]{}

func withOwnPostgres(t *testing.T) *stage {
	program, err := devstack.FindPostgres(t.Context(), 0, func(string, ...any) {})
	require.NoError(t, err)
	// Not t.TempDir: the user that Postgres runs as needs access to it.
	dir, err := os.MkdirTemp("/tmp", "orgmodes-restarted-") //nolint:usetesting // see above
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o711)) // that user can traverse it, but not list it
	own := &ownPostgres{program: program, dir: dir}
	own.start(t, 0)
	t.Cleanup(func() {
		require.NoError(t, own.running.Stop())
		require.NoError(t, os.RemoveAll(dir))
	})
	require.NoError(t, postgres.Migrate(t.Context(), own.running.OwnerURL))
	s := newStage(t, newFleetOn(t, own.running.OwnerURL), false)
	servers.put(t, s, own)
	return s
}

func (o *ownPostgres) start(t *testing.T, port int) {
	t.Helper()
	var err error
	o.running, err = devstack.StartPostgres(t.Context(), o.program, devstack.PostgresOptions{Dir: o.dir, Port: port})
	require.NoError(t, err)
	if port != 0 {
		require.Equal(t, port, o.running.Port, "somebody took its port")
	}
}

func restartPostgres(s *stage) {
	own := servers.get(s)
	s.faultBegan()
	port := own.running.Port
	require.NoError(s.t, own.running.Stop())
	s.holdFault()
	own.start(s.t, port)
	s.faultEnded()
	s.await("Postgres takes changes", func() error { return s.db.Ping(s.t.Context()) })
	s.revoke("during")
}

// backups holds the names of the databases that scenarios restore from.
var backups = &registry[string]{}

// withBackup returns a stage whose Postgres has just been backed up.
func withBackup(t *testing.T) *stage {
	s := newStage(t, newFleet(t), false)
	name := databaseOf(t, s.owner)
	backup := name + "_backup"
	s.withoutConnections(name, "create database "+backup+" template "+name)
	t.Cleanup(func() { s.maintain(context.WithoutCancel(t.Context()), "drop database "+backup+" with (force)") })
	backups.put(t, s, backup)
	return s
}

// restoreBackup makes Postgres lose all changes (the backup predates the first one), the
// revocations, and the objects created since. Publishing halts until an operator confirms
// the restored state with a new epoch.
func restoreBackup(s *stage) {
	name := databaseOf(s.t, s.owner)
	s.revoke("during")
	s.awaitRefused("during")
	forgotten := s.createUnbacked()
	s.faultBegan()
	s.withoutConnections(name, "drop database "+name, "create database "+name+" template "+backups.get(s))
	s.recordUndone(time.Now())
	s.awaitStale(s.readers...)
	s.holdFault()
	s.t.Log(strings.TrimSpace(s.command("epoch", "raise")))
	s.faultEnded()
	s.awaitTombstones(forgotten)
}

// unbackedObjects holds objects that only Redis and the readers have once a backup is restored.
type unbackedObjects struct {
	tenant tenant
	// token is for an organization and a user that the backup contains.
	token string
}

// createUnbacked creates objects that the backup doesn't have: an organization with its tokens,
// and a token of an organization that it does have. It returns when every reader serves
// them.
func (s *stage) createUnbacked() unbackedObjects {
	s.t.Helper()
	unbacked := unbackedObjects{tenant: s.tenant("orphan")}
	unbacked.token, _ = s.token(s.tenants[1], "read")
	s.awaitReaders("what is new is served", unbacked, func(created, existing int) bool { return created == 200 && existing == 200 })
	return unbacked
}

// awaitTombstones waits until every reader refuses the tokens that no one can revoke anymore, and
// checks that the organization's document is a tombstone. That is due when everything else
// has recovered.
func (s *stage) awaitTombstones(unbacked unbackedObjects) {
	s.t.Helper()
	began := time.Now()
	s.awaitReaders("orphans are refused", unbacked, func(created, existing int) bool { return created == 401 && existing == 401 })
	store, err := pubstore.Open(s.redis.URL, pubstore.Options{Prefix: s.prefix, Timeout: waitTimeout})
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, store.Close()) }()
	doc, err := store.Document(s.t.Context(), unbacked.tenant.org.ID.String())
	require.NoError(s.t, err)
	require.True(s.t, doc.Deleted, "%+v", doc)
	took := time.Since(began)
	s.t.Logf("orphans were revoked after %s", took.Round(time.Millisecond))
	require.Less(s.t, took, s.promises.Recovery)
}

// awaitReaders waits until done holds for each reader's answers: to the token of the new
// organization, and to the token of the one that the backup has.
func (s *stage) awaitReaders(what string, unbacked unbackedObjects, done func(created, existing int) bool) {
	s.t.Helper()
	clients := []*editor{
		newEditor("orphan", unbacked.tenant, "orphan", unbacked.tenant.read, "gzip", 0),
		newEditor("orphan", s.tenants[1], "orphan", unbacked.token, "gzip", 0),
	}
	s.await(what, func() error {
		for _, r := range s.readers {
			created, existing := clients[0].poll(s.t.Context(), r), clients[1].poll(s.t.Context(), r)
			clients[0].tag, clients[1].tag = "", ""
			if !done(created.Status, existing.Status) {
				return fmt.Errorf("%s answers %d and %d", r.name, created.Status, existing.Status)
			}
		}
		return nil
	})
	for _, e := range clients {
		e.client.CloseIdleConnections()
	}
}

// recordUndone records that the changes made before a time are lost.
func (s *stage) recordUndone(until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.history.Changes {
		if c := &s.history.Changes[i]; c.Sent.Before(until) {
			c.Undone = until
		}
	}
}

func databaseOf(t *testing.T, owner string) string {
	t.Helper()
	u, err := url.Parse(owner)
	require.NoError(t, err)
	return strings.TrimPrefix(u.Path, "/")
}

// withoutConnections runs statements while no client is connected to a database.
func (s *stage) withoutConnections(name string, statements ...string) {
	s.t.Helper()
	all := append([]string{
		"alter database " + name + " with allow_connections false",
		"select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '" + name + "'",
	}, statements...)
	s.maintain(s.t.Context(), append(all, "alter database "+name+" with allow_connections true")...)
}

// maintain runs statements while connected to another database of the server.
func (s *stage) maintain(ctx context.Context, statements ...string) {
	s.t.Helper()
	config, err := pgx.ParseConfig(s.owner)
	require.NoError(s.t, err)
	config.Database = "postgres"
	conn, err := pgx.ConnectConfig(ctx, config)
	require.NoError(s.t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for _, statement := range statements {
		_, err := conn.Exec(ctx, statement)
		require.NoError(s.t, err, statement)
	}
}
