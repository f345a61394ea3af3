package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
)

func mustOrganization(t *testing.T, db *postgres.DB) organization.Organization {
	t.Helper()
	o, err := db.Organization(t.Context(), "acme")
	require.NoError(t, err)
	return o
}

// TestServeWaitsForPostgres starts the program while Postgres is unreachable, makes Postgres
// reachable and unreachable again, and ends the program.
func TestServeWaitsForPostgres(t *testing.T) {
	i := newInstallation(t)
	proxy := newDatabaseProxy(t, i.app)
	listen, private := freePort(t), freePort(t)
	cmd := exec.CommandContext(t.Context(), i.admin, "serve")
	cmd.Env = []string{
		runAsProgram, "DATABASE_URL=" + proxy.url, "TOKEN_KEYS=" + testKeys, "LISTEN=" + listen, "PRIVATE_LISTEN=" + private, "LOG_FORMAT=text",
	}
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	log := follow(stderr)

	log.waitFor(t, "waiting for Postgres at "+proxy.address)
	require.Equal(t, 200, status(t, "http://"+private+"/livez"))
	require.Equal(t, 503, status(t, "http://"+private+"/readyz"))
	require.Equal(t, 503, status(t, "http://"+private+"/startupz"))

	proxy.open()
	log.waitFor(t, "cookies are sent without Secure")
	log.waitFor(t, "serving")
	require.Equal(t, 200, status(t, "http://"+private+"/readyz"))
	require.Equal(t, 401, status(t, "http://"+listen+"/api/v1/organizations"))
	require.Equal(t, 200, status(t, "http://"+private+"/metrics"))

	// If Postgres is unavailable while serving, the response has Retry-After.
	proxy.close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listen+"/api/v1/session", nil)
	require.NoError(t, err)
	req.Header.Set("Cookie", "orgmodes=x")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, 503, res.StatusCode, "%s", body)
	require.Equal(t, "2", res.Header.Get("Retry-After"))
	require.Contains(t, string(body), "The database can't be reached right now")

	proxy.open()
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	log.waitEOF(t)
	require.NoError(t, cmd.Wait(), "it ends well")
	http.DefaultClient.CloseIdleConnections()
}

func TestServeExitsWhileWaitingForPostgres(t *testing.T) {
	i := newInstallation(t)
	cmd := exec.CommandContext(t.Context(), i.admin, "serve")
	cmd.Env = []string{runAsProgram, "DATABASE_URL=postgres://127.0.0.1:1/x", "TOKEN_KEYS=" + testKeys, "LISTEN=127.0.0.1:0", "PRIVATE_LISTEN=127.0.0.1:0"}
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	log := follow(stderr)
	log.waitFor(t, "waiting for Postgres")
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	log.waitEOF(t)
	require.NoError(t, cmd.Wait())
}

func status(t *testing.T, address string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res.StatusCode
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// lines holds the lines that a program writes.
type lines struct {
	next chan string
}

func follow(r io.Reader) *lines {
	l := &lines{make(chan string, 1000)}
	go func() {
		defer close(l.next)
		for s := bufio.NewScanner(r); s.Scan(); {
			l.next <- s.Text()
		}
	}()
	return l
}

// waitFor waits for a line that contains text.
func (l *lines) waitFor(t *testing.T, text string) {
	t.Helper()
	deadline := time.NewTimer(storetest.WaitTimeout)
	defer deadline.Stop()
	for {
		select {
		case line, ok := <-l.next:
			require.True(t, ok, "it ended without saying %q", text)
			if strings.Contains(line, text) {
				return
			}
		case <-deadline.C:
			t.Fatalf("it never logged %q", text)
		}
	}
}

// waitEOF waits until the program has closed its standard error.
func (l *lines) waitEOF(t *testing.T) {
	t.Helper()
	deadline := time.NewTimer(storetest.WaitTimeout)
	defer deadline.Stop()
	for {
		select {
		case _, ok := <-l.next:
			if !ok {
				return
			}
		case <-deadline.C:
			t.Fatal("it did not end")
		}
	}
}

// databaseProxy is a proxy in front of Postgres. It is closed at first; while closed, it
// refuses connections.
type databaseProxy struct {
	t                     *testing.T
	url, address          string
	listenAddress, target string
	mu                    sync.Mutex
	listener              net.Listener
	conns                 []net.Conn
	connections           sync.WaitGroup
}

func newDatabaseProxy(t *testing.T, databaseURL string) *databaseProxy {
	t.Helper()
	u, err := url.Parse(databaseURL)
	require.NoError(t, err)
	d := &databaseProxy{t: t, listenAddress: freePort(t), target: u.Host}
	u.Host = d.listenAddress
	d.url = u.String()
	d.address = d.listenAddress + u.Path
	t.Cleanup(d.close)
	return d
}

func (d *databaseProxy) open() {
	d.t.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.WithoutCancel(d.t.Context()), "tcp", d.listenAddress)
	require.NoError(d.t, err)
	d.mu.Lock()
	d.listener = l
	d.mu.Unlock()
	d.connections.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", d.target)
			if err != nil {
				_ = in.Close()
				continue
			}
			d.mu.Lock()
			d.conns = append(d.conns, in, out)
			d.mu.Unlock()
			d.connections.Go(func() { _, _ = io.Copy(out, in); _ = out.Close() })
			d.connections.Go(func() { _, _ = io.Copy(in, out); _ = in.Close() })
		}
	})
}

func (d *databaseProxy) close() {
	d.mu.Lock()
	if d.listener != nil {
		_ = d.listener.Close()
	}
	for _, c := range d.conns {
		_ = c.Close()
	}
	d.conns = nil
	d.mu.Unlock()
	d.connections.Wait()
}

func (d *databaseProxy) String() string { return fmt.Sprint(d.listenAddress, " -> ", d.target) }
