package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/postgres"
)

// freezablePostgres is a dedicated Postgres, which can be frozen.
type freezablePostgres struct {
	t  *testing.T
	pg *devstack.Postgres
}

func newFreezer(t *testing.T) *freezablePostgres {
	t.Helper()
	program, err := devstack.FindPostgres(t.Context(), 0, t.Logf)
	require.NoError(t, err)
	pg, err := devstack.StartPostgres(context.WithoutCancel(t.Context()), program, devstack.PostgresOptions{})
	require.NoError(t, err)
	f := &freezablePostgres{t, pg}
	t.Cleanup(func() { f.signal(syscall.SIGCONT); require.NoError(t, pg.Stop()) })
	require.NoError(t, postgres.Migrate(t.Context(), pg.OwnerURL))
	return f
}

// signal sends a signal to the server and all of its processes, each of which has its own
// process group.
func (f *freezablePostgres) signal(s syscall.Signal) {
	f.t.Helper()
	f.pg.Signal(s) // first: it starts the others
	var pids []int
	entries, err := os.ReadDir("/proc")
	require.NoError(f.t, err)
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if parent, _ := strconv.Atoi(fields[1]); parent == f.pg.Pid() {
			pids = append(pids, pid)
		}
	}
	for _, pid := range pids {
		_ = syscall.Kill(pid, s)
	}
}

func watched(t *testing.T, db *postgres.DB) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { db.WatchHealth(ctx, slog.New(slog.DiscardHandler)) })
	t.Cleanup(func() { stop(); watching.Wait() })
}

func TestFrozenPostgresFailsWaitingQueriesAndRecovers(t *testing.T) {
	f := newFreezer(t)
	db, err := postgres.Open(t.Context(), f.pg.OwnerURL)
	require.NoError(t, err)
	t.Cleanup(db.Close)
	require.NoError(t, db.Ping(t.Context()))
	require.NoError(t, db.Health())
	watched(t, db)

	f.signal(syscall.SIGSTOP)
	// More requests than the pool has connections, so some wait for one. None has a
	// deadline.
	failed := make(chan error, 40)
	for range cap(failed) {
		go func() { failed <- db.Ping(context.Background()) }()
	}
	for range cap(failed) {
		select {
		case err := <-failed:
			require.True(t, postgres.IsUnavailable(err), "%v", err)
		case <-time.After(storetest.WaitTimeout):
			f.signal(syscall.SIGCONT) // closing the pool waits for the requests
			require.Fail(t, "what waits for a frozen Postgres does not end")
		}
	}
	require.Eventually(t, func() bool { return db.Health() != nil }, 2*time.Minute, 10*time.Millisecond)
	require.True(t, postgres.IsUnavailable(db.Ping(context.Background())), "at once from here on")
	_, err = db.CreateOrganization(context.Background(), ada, "acme", "Acme")
	require.True(t, postgres.IsUnavailable(err), "a transaction: %v", err)

	f.signal(syscall.SIGCONT)
	require.Eventually(t, func() bool { return db.Health() == nil }, 2*time.Minute, 10*time.Millisecond)
	require.NoError(t, db.Ping(t.Context()))
	_, err = db.CreateOrganization(t.Context(), ada, "acme", "Acme")
	require.NoError(t, err)
}

func TestSlowStatementDoesNotMakePostgresUnavailable(t *testing.T) {
	l := newLibrary(t)
	watched(t, l.db)
	_, err := l.db.Pool().Exec(t.Context(), "select pg_sleep(7)")
	require.NoError(t, err)
	require.NoError(t, l.db.Health())
}

func TestStoppedPostgresIsUnavailable(t *testing.T) {
	f := newFreezer(t)
	db, err := postgres.Open(t.Context(), f.pg.OwnerURL)
	require.NoError(t, err)
	t.Cleanup(db.Close)
	watched(t, db)
	f.pg.Signal(syscall.SIGQUIT)
	<-f.pg.Done()
	require.Eventually(t, func() bool { return db.Health() != nil }, 2*time.Minute, 10*time.Millisecond)
}
