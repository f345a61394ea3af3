package listen

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"orgmodes/internal/devstack/leaktest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// waitTimeout is the timeout for events that should take milliseconds.
const waitTimeout = 2 * time.Minute

// testListener is a listener under test, with the connections that it has accepted.
type testListener struct {
	*Listener
	t     *testing.T
	conns chan net.Conn
}

func serve(t *testing.T, o Options) *testListener {
	t.Helper()
	inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "0.0.0.0:0")
	require.NoError(t, err)
	return serveOn(t, inner, o)
}

func serveOn(t *testing.T, inner net.Listener, o Options) *testListener {
	t.Helper()
	o.Log, o.Program, o.Metrics = slog.New(slog.DiscardHandler), "test", prometheus.NewRegistry()
	l, err := New(inner, o)
	require.NoError(t, err)
	s := &testListener{l, t, make(chan net.Conn, 100)}
	ended := make(chan error, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				ended <- err
				return
			}
			s.conns <- c
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, l.Close())
		require.ErrorIs(t, <-ended, net.ErrClosed)
		close(s.conns)
		for c := range s.conns {
			_ = c.Close()
		}
	})
	return s
}

// dial connects from a loopback address.
func (s *testListener) dial(from string) net.Conn {
	s.t.Helper()
	_, port, err := net.SplitHostPort(s.Addr().String())
	require.NoError(s.t, err)
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := d.DialContext(s.t.Context(), "tcp", net.JoinHostPort("127.0.0.1", port))
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = c.Close() })
	require.NoError(s.t, c.SetDeadline(time.Now().Add(waitTimeout)))
	return c
}

// accepted returns the next connection to serve.
func (s *testListener) accepted() net.Conn {
	s.t.Helper()
	select {
	case c := <-s.conns:
		s.t.Cleanup(func() { _ = c.Close() })
		return c
	case <-time.After(waitTimeout):
		s.t.Fatal("no connection was accepted")
		return nil
	}
}

// refused checks that the client's end of a connection received the 503.
func refused(t *testing.T, c net.Conn) {
	t.Helper()
	_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	require.Equal(t, 503, res.StatusCode)
	require.Equal(t, "5", res.Header.Get("Retry-After"))
	require.True(t, res.Close)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	var problem struct{ Code string }
	require.NoError(t, json.Unmarshal(body, &problem))
	require.Equal(t, "too_many_connections", problem.Code)
	_, err = c.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF, "closed, and not reset")
}

// failing is a listener whose Accept returns the queued errors first.
type failing struct {
	net.Listener
	errors chan error
}

func (f *failing) Accept() (net.Conn, error) {
	select {
	case err := <-f.errors:
		return nil, err
	default:
		return f.Listener.Accept()
	}
}

func TestTemporaryAcceptErrorIsRetried(t *testing.T) {
	inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := &failing{inner, make(chan error, 10)}
	passing := []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ECONNABORTED, syscall.ENOBUFS, syscall.ENOMEM}
	for _, e := range passing {
		f.errors <- &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", e)}
	}
	s := serveOn(t, f, Options{Limits: Limits{Total: 10, PerAddress: 10}})
	s.dial("127.0.0.1")
	s.accepted()
	require.InDelta(t, len(passing), testutil.ToFloat64(s.metrics.acceptFailures), 0)
}

func TestAcceptReturnsPermanentError(t *testing.T) {
	inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := &failing{inner, make(chan error, 1)}
	f.errors <- syscall.EBADF
	l, err := New(f, Options{Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	_, err = l.Accept()
	require.ErrorIs(t, err, syscall.EBADF)
	require.NoError(t, l.Close())
}

func TestCloseEndsPauseAfterAcceptError(t *testing.T) {
	inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := &failing{inner, make(chan error, 1000)}
	for range cap(f.errors) {
		f.errors <- syscall.EMFILE
	}
	l, err := New(f, Options{Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { _, err := l.Accept(); ended <- err }()
	require.NoError(t, l.Close())
	require.ErrorIs(t, <-ended, net.ErrClosed)
}

func TestConnectionsOverAddressLimitAreRefused(t *testing.T) {
	s := serve(t, Options{
		Limits: Limits{Total: 100, PerAddress: 2}, Idle: time.Hour,
		Trusted: func(a netip.Addr) bool { return a == netip.MustParseAddr("127.0.0.9") },
	})
	first := s.dial("127.0.0.2")
	s.dial("127.0.0.2")
	served := s.accepted()
	s.accepted()
	refused(t, s.dial("127.0.0.2"))
	require.InDelta(t, 1, testutil.ToFloat64(s.metrics.refused[reasonAddress]), 0)

	for range 5 { // a proxy in front is one address
		s.dial("127.0.0.9")
		s.accepted()
	}
	s.dial("127.0.0.3") // another address
	s.accepted()

	require.NoError(t, first.Close())
	require.NoError(t, served.Close())
	require.NoError(t, served.Close(), "closed twice, counted once")
	s.dial("127.0.0.2")
	s.accepted()
	refused(t, s.dial("127.0.0.2"))
	require.Equal(t, 8, s.Open())
}

func TestConnectionsOverTotalLimitAreRefused(t *testing.T) {
	s := serve(t, Options{Limits: Limits{Total: 2, PerAddress: 2}, Idle: time.Hour, Trusted: func(netip.Addr) bool { return true }})
	s.dial("127.0.0.1")
	s.dial("127.0.0.2")
	s.accepted()
	busy := s.accepted()
	refused(t, s.dial("127.0.0.3"))
	require.InDelta(t, 1, testutil.ToFloat64(s.metrics.refused[reasonTotal]), 0)
	require.NoError(t, busy.Close())
	s.dial("127.0.0.3")
	s.accepted()
}

func TestIdleConnectionIsEvictedAtLimit(t *testing.T) {
	for name, limits := range map[string]Limits{"total": {Total: 2, PerAddress: 9}, "address": {Total: 9, PerAddress: 2}} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, Options{Limits: limits, Idle: time.Nanosecond})
			idle, active := s.dial("127.0.0.1"), s.dial("127.0.0.1")
			ends := map[string]net.Conn{}
			for range 2 {
				c := s.accepted()
				ends[c.RemoteAddr().String()] = c
			}
			// One sends a request: it isn't idle from then until the answer.
			_, err := active.Write([]byte("x"))
			require.NoError(t, err)
			_, err = ends[active.LocalAddr().String()].Read(make([]byte, 1))
			require.NoError(t, err)

			s.dial("127.0.0.1")
			s.accepted()
			_, err = idle.Read(make([]byte, 1))
			require.ErrorIs(t, err, io.EOF)
			_, err = ends[idle.LocalAddr().String()].Read(make([]byte, 1))
			require.ErrorIs(t, err, os.ErrDeadlineExceeded, "to the server it was idle for too long")
			_, err = ends[active.LocalAddr().String()].Write([]byte("y"))
			require.NoError(t, err, "the one with a request is served")
			require.InDelta(t, 1, testutil.ToFloat64(s.metrics.cut[reasonIdle]), 0)
			require.Equal(t, 2, s.Open())
		})
	}
}

func TestStalledClientIsDisconnected(t *testing.T) {
	s := serve(t, Options{Limits: Limits{Total: 9, PerAddress: 9}, Stall: 100 * time.Millisecond})
	s.dial("127.0.0.1")
	c := s.accepted()
	// More than the kernel buffers.
	_, err := c.Write(make([]byte, 64<<20))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.NoError(t, c.Close())
	require.Zero(t, s.Open())
	require.InDelta(t, 1, testutil.ToFloat64(s.metrics.cut[reasonSlow]), 0)
}

func TestSlowClientReceivesWholeResponse(t *testing.T) {
	// Each chunk has minutes, and all of them together take many times what one is allowed.
	// The test counts deadlines instead of measuring time.
	s := serve(t, Options{Limits: Limits{Total: 9, PerAddress: 9}, Stall: waitTimeout})
	client := s.dial("127.0.0.1")
	recorder := &deadlines{Conn: s.accepted().(*conn).Conn}
	c := &conn{Conn: recorder, l: s.Listener}
	chunk := int(MinWriteRate * waitTimeout / time.Second)
	size := 10*chunk + 1
	got := make(chan int64, 1)
	go func() { n, _ := io.Copy(io.Discard, client); got <- n }()
	n, err := c.Write(make([]byte, size))
	require.NoError(t, err)
	require.Equal(t, size, n)
	require.NoError(t, recorder.Conn.Close())
	require.EqualValues(t, size, <-got)
	require.EqualValues(t, 11, recorder.set.Load(), "a new deadline for each chunk")
}

// deadlines counts the write deadlines that are set, and records the last one.
type deadlines struct {
	net.Conn
	set  atomic.Int64
	last time.Time
}

func (d *deadlines) SetWriteDeadline(t time.Time) error {
	d.set.Add(1)
	d.last = t
	return d.Conn.SetWriteDeadline(t)
}

func TestWriteDeadlineBoundsAllChunks(t *testing.T) {
	s := serve(t, Options{Limits: Limits{Total: 9, PerAddress: 9}, Stall: time.Hour})
	s.dial("127.0.0.1")
	recorder := &deadlines{Conn: s.accepted().(*conn).Conn}
	c := &conn{Conn: recorder, l: s.Listener}
	end := time.Now().Add(waitTimeout)
	require.NoError(t, c.SetWriteDeadline(end))
	_, err := c.Write([]byte("x"))
	require.NoError(t, err)
	require.True(t, recorder.last.Equal(end))
	require.NoError(t, c.SetWriteDeadline(time.Time{}))
	_, err = c.Write([]byte("x"))
	require.NoError(t, err)
	require.True(t, recorder.last.After(end))
	require.NoError(t, c.SetDeadline(time.Unix(1, 0)))
	_, err = c.Write([]byte("x"))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
}

func TestConnectionKnowsWhetherLineWasReceived(t *testing.T) {
	s := serve(t, Options{Limits: Limits{Total: 9, PerAddress: 9}})
	client := s.dial("127.0.0.1")
	c := s.accepted().(*conn)
	receive := func(text string) {
		_, err := io.WriteString(client, text)
		require.NoError(t, err)
		_, err = io.ReadFull(c, make([]byte, len(text)))
		require.NoError(t, err)
	}
	require.False(t, c.LineReceived())
	receive("GET /")
	require.False(t, c.LineReceived())
	receive(" HTTP/1.1\r\nHost: ")
	require.True(t, c.LineReceived())
	receive("x")
	require.True(t, c.LineReceived())
	_, err := c.Write([]byte("x"))
	require.NoError(t, err)
	require.False(t, c.LineReceived(), "the next request begins")
}

func TestReadAndWriteAllocateNothing(t *testing.T) {
	s := serve(t, Options{Limits: Limits{Total: 9, PerAddress: 9}})
	client := s.dial("127.0.0.1")
	c := s.accepted()
	b := make([]byte, 1)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		_, _ = c.Write(b)
		_, _ = client.Read(b)
		_, _ = client.Write(b)
		_, _ = c.Read(b)
	}))
}

func TestNetworkOf(t *testing.T) {
	for peer, want := range map[string]string{
		"192.0.2.7":                 "192.0.2.7",
		"::ffff:192.0.2.7":          "192.0.2.7",
		"2001:db8:1:2:3:4:5:6":      "2001:db8:1:2::",
		"2001:db8:1:2:ffff::1":      "2001:db8:1:2::",
		"2001:db8:1:3::1":           "2001:db8:1:3::",
		"fe80::1234:5678:9abc:def0": "fe80::",
	} {
		addr := AddressOf(&net.TCPAddr{IP: net.ParseIP(peer), Port: 1, Zone: "eth0"})
		require.Equal(t, want, NetworkOf(addr).String(), peer)
		require.Equal(t, want, NetworkOf(netip.MustParseAddr(peer)).String(), "%s as a header has it", peer)
	}
	require.Equal(t, "fe80::", NetworkOf(netip.MustParseAddr("fe80::1%eth0")).String())
	require.Equal(t, netip.Addr{}, NetworkOf(netip.Addr{}))
	require.False(t, AddressOf(&net.UnixAddr{}).IsValid())
}

func TestLimitsReserveDescriptors(t *testing.T) {
	for descriptors, want := range map[int]Limits{
		0:         {Total: 5000, PerAddress: 1250},
		1 << 20:   {Total: 5000, PerAddress: 1250, Descriptors: 1 << 20},
		1024:      {Total: 864, PerAddress: 216, Descriptors: 1024},
		256:       {Total: 128, PerAddress: 32, Descriptors: 256},
		1:         {Total: 1, PerAddress: 1, Descriptors: 1},
		1_000_000: {Total: 5000, PerAddress: 1250, Descriptors: 1_000_000},
	} {
		require.Equal(t, want, limitsFor(descriptors, 5000, 4), descriptors)
	}
	own := LimitsFor(0, 0, 1<<29, 2)
	require.Positive(t, own.Descriptors)
	require.Less(t, own.Total, own.Descriptors)
	set := LimitsFor(10, 3, 1<<29, 2)
	require.Equal(t, []int{10, 3}, []int{set.Total, set.PerAddress})
	require.Equal(t, own.Total, LimitsFor(1<<29, 0, 5, 2).Total, "no setting makes descriptors of nothing")
	require.Equal(t, 10, LimitsFor(10, 50, 1<<29, 2).PerAddress)
}

func TestLowDescriptorLimitIsLogged(t *testing.T) {
	log := &logged{}
	for _, n := range []int{0, warnDescriptors, warnDescriptors - 1} {
		Limits{Descriptors: n}.warn(slog.New(log))
	}
	require.Equal(t, []string{"open file limit is low: raise the hard limit (ulimit -Hn, LimitNOFILE=)"}, log.messages)
}

// logged records log messages.
type logged struct{ messages []string }

func (*logged) Enabled(context.Context, slog.Level) bool { return true }
func (l *logged) Handle(_ context.Context, r slog.Record) error {
	l.messages = append(l.messages, r.Message)
	return nil
}
func (l *logged) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *logged) WithGroup(string) slog.Handler      { return l }

func TestAcceptErrorLogIsRateLimited(t *testing.T) {
	var s sampler
	n, ok := s.next()
	require.True(t, ok)
	require.EqualValues(t, 1, n)
	for range 5 {
		_, ok = s.next()
		require.False(t, ok)
	}
	s.last = s.last.Add(-logEvery)
	n, ok = s.next()
	require.True(t, ok)
	require.EqualValues(t, 6, n)
}

func TestListenOnUsedAddressFails(t *testing.T) {
	s := serve(t, Options{Limits: Limits{Total: 1, PerAddress: 1}})
	_, err := TCP(t.Context(), s.Addr().String(), Options{Log: slog.New(slog.DiscardHandler)})
	require.ErrorIs(t, err, syscall.EADDRINUSE)
}
