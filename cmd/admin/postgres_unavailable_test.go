package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack"
	"orgmodes/internal/postgres"
)

// signalAll sends a signal to the postmaster and its child processes. Each child has its own
// process group, so signaling the postmaster's group is not enough.
func signalAll(t *testing.T, postmaster int, s syscall.Signal) {
	t.Helper()
	require.NoError(t, syscall.Kill(postmaster, s))
	if s == syscall.SIGSTOP { // until it has stopped, it can start more children
		require.Eventually(t, func() bool { return procStat(postmaster)[0] == "T" }, time.Minute, time.Millisecond)
	}
	entries, err := os.ReadDir("/proc")
	require.NoError(t, err)
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if parent, _ := strconv.Atoi(procStat(pid)[1]); parent == postmaster {
			_ = syscall.Kill(pid, s)
		}
	}
}

// procStat returns the fields of /proc/PID/stat after the command name (proc_pid_stat(5)):
// first the state and the parent's PID. Both are empty if the process no longer exists.
func procStat(pid int) []string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return []string{"", ""}
	}
	return strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
}

// While Postgres is frozen, the program is not ready and responds 503 to API clients and
// browsers. It is ready again when Postgres continues.
func TestServeWhilePostgresIsFrozen(t *testing.T) {
	program, err := devstack.FindPostgres(t.Context(), 0, t.Logf)
	require.NoError(t, err)
	pg, err := devstack.StartPostgres(context.WithoutCancel(t.Context()), program, devstack.PostgresOptions{})
	require.NoError(t, err)
	defer func() {
		signalAll(t, pg.Pid(), syscall.SIGCONT)
		require.NoError(t, pg.Stop())
	}()
	require.NoError(t, postgres.Migrate(t.Context(), pg.OwnerURL))

	i := newInstallation(t)
	listen, private := freePort(t), freePort(t)
	cmd := exec.CommandContext(t.Context(), i.admin, "serve")
	cmd.Env = []string{
		runAsProgram, "DATABASE_URL=" + pg.OwnerURL, "TOKEN_KEYS=" + testKeys, "LISTEN=" + listen, "PRIVATE_LISTEN=" + private, "LOG_FORMAT=text",
	}
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	log := follow(stderr)
	log.waitFor(t, "msg=serving")
	ready := func() int { return status(t, "http://"+private+"/readyz") }
	require.Equal(t, 200, ready())

	signalAll(t, pg.Pid(), syscall.SIGSTOP)
	require.Eventually(t, func() bool { return ready() == 503 }, 2*time.Minute, 50*time.Millisecond)
	require.Equal(t, 200, status(t, "http://"+private+"/livez"), "restarting would mend nothing")
	for accept, want := range map[string]string{"application/json": "application/problem+json", "text/html": "text/html; charset=utf-8"} {
		path := "/api/v1/session"
		if accept == "text/html" {
			path = "/orgs"
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listen+path, nil)
		require.NoError(t, err)
		req.Header.Set("Cookie", "orgmodes=x")
		req.Header.Set("Accept", accept)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, 503, res.StatusCode, "%s", body)
		require.Equal(t, want, res.Header.Get("Content-Type"))
		require.Equal(t, "2", res.Header.Get("Retry-After"))
		if accept == "application/json" {
			var problem struct{ Code string }
			require.NoError(t, json.Unmarshal(body, &problem))
			require.Equal(t, "unavailable", problem.Code, "of Postgres, and not of a deadline that ran out")
		}
	}

	signalAll(t, pg.Pid(), syscall.SIGCONT)
	require.Eventually(t, func() bool { return ready() == 200 }, 2*time.Minute, 50*time.Millisecond)
	require.Equal(t, 401, status(t, "http://"+listen+"/api/v1/organizations"))
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	log.waitEOF(t)
	require.NoError(t, cmd.Wait())
	http.DefaultClient.CloseIdleConnections()
}
