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

func dial(t *testing.T, p *faultproxy.Proxy) *client {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp4", p.Addr())
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
	p, err := faultproxy.New(to)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// Only a failing test waits for long.
const soon, long = 50 * time.Millisecond, 5 * time.Minute

func TestProxyFaults(t *testing.T) {
	old := server(t, "old")
	p := newProxy(t, old)
	c := dial(t, p)
	reply, err := c.ask("1", long)
	require.NoError(t, err)
	require.Equal(t, "old 1\n", reply)

	p.Block()
	_, err = c.ask("2", soon)
	require.ErrorContains(t, err, "timeout")
	p.Unblock()
	require.NoError(t, c.SetDeadline(time.Now().Add(long)))
	reply, err = c.in.ReadString('\n')
	require.NoError(t, err, "what was held arrives")
	require.Equal(t, "old 2\n", reply)

	p.Delay(soon)
	began := time.Now()
	_, err = c.ask("3", long)
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Since(began), 2*soon)
	p.Delay(0)

	p.Disconnect()
	_, err = c.ask("4", long)
	require.Error(t, err)
	c = dial(t, p)
	_, err = c.ask("5", long)
	require.NoError(t, err)

	p.Redirect(server(t, "third"))
	reply, err = c.ask("5", long)
	require.NoError(t, err, "what there is stays")
	require.Equal(t, "old 5\n", reply)
	reply, err = dial(t, p).ask("5", long)
	require.NoError(t, err)
	require.Equal(t, "third 5\n", reply)

	p.Failover(server(t, "new"))
	_, err = c.ask("6", long)
	require.Error(t, err)
	reply, err = dial(t, p).ask("7", long)
	require.NoError(t, err)
	require.Equal(t, "new 7\n", reply)

	p.Refuse()
	_, err = dial(t, p).ask("8", long)
	require.Error(t, err)
	p.Accept()
	_, err = dial(t, p).ask("9", long)
	require.NoError(t, err)
}

func TestRedirectKeepsConnections(t *testing.T) {
	one, two := server(t, "one"), server(t, "two")
	a, b := newProxy(t, one), newProxy(t, one)
	b.Failover(two)
	reply, err := dial(t, a).ask("x", long)
	require.NoError(t, err)
	require.Equal(t, "one x\n", reply)
	reply, err = dial(t, b).ask("x", long)
	require.NoError(t, err)
	require.Equal(t, "two x\n", reply)
}

func TestUnreachableTarget(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	p := newProxy(t, listener.Addr().String())
	require.NoError(t, listener.Close())
	_, err = dial(t, p).ask("x", long)
	require.Error(t, err)
	require.NotErrorIs(t, err, io.ErrShortWrite)
}
