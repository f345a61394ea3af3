package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
)

// The process has 400 file descriptors, with an even lower soft limit. 500 clients send one
// request each and keep their connections.
func TestIdleConnectionsDoNotBlockNewClients(t *testing.T) {
	redis := storetest.Redis(t)
	public, private := freeAddress(t), freeAddress(t)
	logFile, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer logFile.Close()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command("/bin/sh", "-c", `ulimit -Sn 200 && ulimit -Hn 400 && exec "$0"`, exe)
	cmd.Env = []string{
		"READER_TEST_IS_READER=1", keys, "REDIS_URL=" + redis.URL, "LISTEN=" + public, "PRIVATE_LISTEN=" + private,
		"TRUSTED_PROXIES=127.0.0.9", "PRIVATE_HOSTS=reader-0.internal", "LOG_FORMAT=text", "DRAIN_WAIT=0s",
	}
	cmd.Stdout, cmd.Stderr = logFile, logFile
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() { _ = cmd.Process.Kill() }()
	logged := func() string {
		b, err := os.ReadFile(logFile.Name())
		require.NoError(t, err)
		return string(b)
	}

	t.Cleanup(func() {
		if t.Failed() {
			t.Log(logged())
		}
	})

	// ask sends a request from an address and keeps the connection open.
	request := func(from, to, path string) (status int, c net.Conn) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		c, err := d.DialContext(t.Context(), "tcp", to)
		if err != nil {
			return 0, nil
		}
		t.Cleanup(func() { _ = c.Close() })
		_ = c.SetDeadline(time.Now().Add(2 * time.Minute))
		_, _ = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: reader-0.internal\r\n\r\n", path)
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return 0, c
		}
		_, _ = io.Copy(io.Discard, res.Body)
		return res.StatusCode, c
	}
	const path = "/api/marketplace/modes"
	require.Eventually(t, func() bool { s, _ := request("127.0.0.1", private, "/livez"); return s == 200 }, 2*time.Minute, 10*time.Millisecond)
	require.Eventually(t, func() bool { s, _ := request("127.0.0.2", public, path); return s == 200 }, 2*time.Minute, 10*time.Millisecond)

	crowd := func(from string) (answers map[int]int, conns []net.Conn) {
		answers = map[int]int{}
		for range 500 {
			s, c := request(from, public, path)
			answers[s]++
			if c != nil {
				conns = append(conns, c)
			}
		}
		return answers, conns
	}
	answers, conns := crowd("127.0.0.1")
	t.Log("from one address:", answers)
	assert.NotZero(t, answers[200])
	assert.NotZero(t, answers[503])
	s, _ := request("127.0.0.2", public, path)
	require.Equal(t, 200, s, "others are served: %s", logged())

	// A trusted proxy can use all connections.
	more, served := crowd("127.0.0.9")
	t.Log("through a proxy:", more)
	assert.Greater(t, more[200], 100)
	s, _ = request("127.0.0.1", private, "/metrics")
	require.Equal(t, 200, s, "the private port is served: %s", logged())

	for _, c := range append(conns, served...) {
		_ = c.Close()
	}
	require.Eventually(t, func() bool { s, _ := request("127.0.0.1", public, path); return s == 200 }, 2*time.Minute, 10*time.Millisecond)
	require.Regexp(t, `descriptors=(399|400) `, logged(), "Go has raised the soft limit to the hard one")
	require.Contains(t, logged(), "connection refused")
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, <-ended, logged())
}
