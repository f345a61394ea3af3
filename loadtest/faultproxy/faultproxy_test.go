package faultproxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/leaktest"
	"orgmodes/loadtest/faultproxy"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// server starts a server that answers each line with its name and the line.
func server(t *testing.T, name string) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer func() { _ = conn.Close() }()
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					fmt.Fprintf(conn, "%s %s\n", name, lines.Text())
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		all.Wait()
	})
	return listener.Addr().String()
}

type client struct {
	t *testing.T
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, w *faultproxy.Proxy) *client {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp4", w.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return &client{t, conn, bufio.NewReader(conn)}
}

// ask sends a line and returns the answer, which must arrive within the given time.
func (c *client) ask(line string, within time.Duration) (string, error) {
	require.NoError(c.t, c.SetDeadline(time.Now().Add(long)))
	if _, err := fmt.Fprintln(c, line); err != nil {
		return "", err
	}
	require.NoError(c.t, c.SetReadDeadline(time.Now().Add(within)))
	return c.in.ReadString('\n')
}

func newProxy(t *testing.T, to string) *faultproxy.Proxy {
	t.Helper()
	w, err := faultproxy.New(to)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	return w
}

// Only a failing test waits for long.
const soon, long = 50 * time.Millisecond, 5 * time.Minute

func TestProxyFaults(t *testing.T) {
	old := server(t, "old")
	w := newProxy(t, old)
	c := dial(t, w)
	said, err := c.ask("1", long)
	require.NoError(t, err)
	require.Equal(t, "old 1\n", said)

	w.Block()
	_, err = c.ask("2", soon)
	require.ErrorContains(t, err, "timeout")
	w.Unblock()
	require.NoError(t, c.SetDeadline(time.Now().Add(long)))
	said, err = c.in.ReadString('\n')
	require.NoError(t, err, "what was held arrives")
	require.Equal(t, "old 2\n", said)

	w.Delay(soon)
	began := time.Now()
	_, err = c.ask("3", long)
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Since(began), 2*soon)
	w.Delay(0)

	w.Disconnect()
	_, err = c.ask("4", long)
	require.Error(t, err)
	c = dial(t, w)
	_, err = c.ask("5", long)
	require.NoError(t, err)

	w.Redirect(server(t, "third"))
	said, err = c.ask("5", long)
	require.NoError(t, err, "what there is stays")
	require.Equal(t, "old 5\n", said)
	said, err = dial(t, w).ask("5", long)
	require.NoError(t, err)
	require.Equal(t, "third 5\n", said)

	w.Failover(server(t, "new"))
	_, err = c.ask("6", long)
	require.Error(t, err)
	said, err = dial(t, w).ask("7", long)
	require.NoError(t, err)
	require.Equal(t, "new 7\n", said)

	w.Refuse()
	_, err = dial(t, w).ask("8", long)
	require.Error(t, err)
	w.Accept()
	_, err = dial(t, w).ask("9", long)
	require.NoError(t, err)
}

func TestRedirectKeepsConnections(t *testing.T) {
	one, two := server(t, "one"), server(t, "two")
	a, b := newProxy(t, one), newProxy(t, one)
	b.Failover(two)
	said, err := dial(t, a).ask("x", long)
	require.NoError(t, err)
	require.Equal(t, "one x\n", said)
	said, err = dial(t, b).ask("x", long)
	require.NoError(t, err)
	require.Equal(t, "two x\n", said)
}

func TestUnreachableTarget(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	w := newProxy(t, listener.Addr().String())
	require.NoError(t, listener.Close())
	_, err = dial(t, w).ask("x", long)
	require.Error(t, err)
	require.NotErrorIs(t, err, io.ErrShortWrite)
}
