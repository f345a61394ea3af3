package storetest_test

import (
	"context"
	"net"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestPostgresIsMigratedAndPrivate(t *testing.T) {
	t.Parallel()
	start := time.Now()
	first, second := storetest.Postgres(t), storetest.Postgres(t)
	t.Logf("two databases took %v", time.Since(start))
	require.NotEqual(t, first, second)

	conn := connect(t, first)
	_, err := conn.Exec(t.Context(), "CREATE TABLE mine (x int)")
	require.NoError(t, err)
	var tables int
	require.NoError(t, connect(t, second).QueryRow(t.Context(),
		"SELECT count(*) FROM pg_tables WHERE tablename IN ('mine', 'organizations', 'river_job')").Scan(&tables))
	require.Equal(t, 2, tables)
}

func TestEmptyPostgres(t *testing.T) {
	t.Parallel()
	var tables int
	require.NoError(t, connect(t, storetest.EmptyPostgres(t)).QueryRow(t.Context(),
		"SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&tables))
	require.Zero(t, tables)
}

func TestAppURLCannotRewriteHistory(t *testing.T) {
	t.Parallel()
	owner := storetest.Postgres(t)
	app := storetest.AppURL(t, owner)
	require.Equal(t, app, storetest.AppURL(t, owner), "asking again changes nothing")
	conn := connect(t, app)
	var n int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM audit_log").Scan(&n))
	_, err := conn.Exec(t.Context(), "DELETE FROM audit_log")
	require.ErrorContains(t, err, "permission denied")
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func TestRedisCanBeKilledEmptiedAndPaused(t *testing.T) {
	t.Parallel()
	start := time.Now()
	redis := storetest.Redis(t)
	t.Logf("a Redis took %v", time.Since(start))

	require.Equal(t, "OK", redis.Do("SET", "a", "1"))
	require.Equal(t, "1", redis.Do("GET", "a"))
	redis.FlushAll()
	require.Equal(t, "0", redis.Do("DBSIZE"))

	redis.Do("SET", "a", "1")
	redis.Restart()
	require.Equal(t, "0", redis.Do("DBSIZE"), "it comes back empty")

	redis.Pause()
	conn, err := net.Dial("tcp", redis.Addr)
	require.NoError(t, err, "the kernel still takes connections")
	defer func() { _ = conn.Close() }()
	_, err = conn.Write([]byte("PING\r\n"))
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "but nothing answers")
	redis.Resume()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	_, err = conn.Read(make([]byte, 1))
	require.NoError(t, err)

	redis.Kill()
	_, err = net.Dial("tcp", redis.Addr)
	require.Error(t, err)
	redis.Restart()
	require.Equal(t, "PONG", redis.Do("PING"))
}

func TestReplica(t *testing.T) {
	t.Parallel()
	primary := storetest.Redis(t, storetest.WithPassword(""))
	primary.Do("SET", "a", "1")
	replica := storetest.Redis(t, storetest.ReplicaOf(primary))
	require.Equal(t, "1", replica.Do("GET", "a"))
	replica.Promote()
	require.Equal(t, "OK", replica.Do("SET", "a", "2"))
	require.Equal(t, "1", primary.Do("GET", "a"))
}

func TestRedisPassword(t *testing.T) {
	t.Parallel()
	redis := storetest.Redis(t, storetest.WithPassword("open-sesame"))
	require.Equal(t, "redis://:open-sesame@"+redis.Addr+"/0", redis.URL)
	require.Equal(t, "PONG", redis.Do("PING"))
}
