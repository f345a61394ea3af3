package listen

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// firstPause and maxPause bound how long to wait after a failure before
	// accepting again.
	firstPause = 5 * time.Millisecond
	maxPause   = time.Second
	// logEvery is the least interval between two log lines of the same kind.
	logEvery = 30 * time.Second

	// scanPause is how long to wait after a search for idle connections that found
	// none.
	scanPause = 100 * time.Millisecond

	// DefaultStall is the default of Options.Stall.
	DefaultStall = 30 * time.Second
	// DefaultIdle is the default of Options.Idle. It is longer than the heartbeat of
	// event streams, so that they never count as idle.
	DefaultIdle = 15 * time.Second
)

// Options configures a Listener.
type Options struct {
	Log    *slog.Logger
	Limits Limits
	// Trusted reports whether an address can open any number of connections up to
	// the total, as a proxy does; nil trusts none.
	Trusted func(netip.Addr) bool
	// Metrics is where the metrics are registered, as orgmodes_<Program>_...; nil
	// registers none.
	Metrics prometheus.Registerer
	Program string
	// Stall is how long a client can take to receive one chunk, MinWriteRate times Stall,
	// before its connection is cut; 0 means DefaultStall.
	Stall time.Duration
	// Idle is how long a connection must have been idle before it can be closed in favor
	// of a new one at a limit; 0 means DefaultIdle.
	Idle time.Duration
}

// Listener accepts connections within limits. Its Accept returns an error only
// when the listener is closed or permanently broken.
type Listener struct {
	net.Listener
	o       Options
	metrics *metrics
	closed  chan struct{}
	close   func()
	// refusing has a slot for each connection that is being refused.
	refusing chan struct{}
	refusals sync.WaitGroup

	mu         sync.Mutex
	conns      map[*conn]struct{}
	perAddress map[netip.Addr]int

	// scanAfter is the earliest time for another search after one that found none idle.
	scanAfter time.Time

	failures, refused sampler
}

// sampler lets one log line through per logEvery, with the count since the previous one.
type sampler struct {
	mu    sync.Mutex
	last  time.Time
	count uint64
}

func (s *sampler) next() (count uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	if now := time.Now(); now.Sub(s.last) >= logEvery {
		count, s.last, s.count = s.count, now, 0
		return count, true
	}
	return 0, false
}

// New returns a Listener that wraps inner, a listener of TCP connections.
func New(inner net.Listener, o Options) (*Listener, error) {
	if o.Stall == 0 {
		o.Stall = DefaultStall
	}
	if o.Idle == 0 {
		o.Idle = DefaultIdle
	}
	if o.Trusted == nil {
		o.Trusted = func(netip.Addr) bool { return false }
	}
	l := &Listener{
		Listener: inner, o: o, closed: make(chan struct{}), refusing: make(chan struct{}, maxRefusing),
		conns: map[*conn]struct{}{}, perAddress: map[netip.Addr]int{},
	}
	l.close = sync.OnceFunc(func() { close(l.closed) })
	var err error
	if l.metrics, err = newMetrics(o, l.Open); err != nil {
		return nil, err
	}
	l.o.Limits.warn(o.Log)
	return l, nil
}

// Open returns the number of connections that are being served.
func (l *Listener) Open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns)
}

// Close stops accepting. Connections that are being served stay open.
func (l *Listener) Close() error {
	l.close()
	err := l.Listener.Close()
	l.refusals.Wait()
	return err
}

// Accept returns the next connection to serve.
func (l *Listener) Accept() (net.Conn, error) {
	pause := firstPause
	for {
		tcp, err := l.Listener.Accept()
		if err == nil {
			pause = firstPause
			if c := l.admit(tcp); c != nil {
				return c, nil
			}
			continue
		}
		if !isTemporary(err) {
			return nil, err
		}
		l.acceptFailed(err)
		if !l.pause(pause) {
			return nil, net.ErrClosed
		}
		pause = min(2*pause, maxPause)
	}
}

// isTemporary reports whether accepting can succeed later. The process or the system
// is short of a resource, or the client or the network failed (accept(2)).
func isTemporary(err error) bool {
	for _, e := range []syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
		syscall.ECONNABORTED, syscall.ECONNRESET, syscall.EINTR, syscall.EAGAIN, syscall.EPROTO, syscall.EPERM,
		syscall.ENETDOWN, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.EHOSTUNREACH, syscall.ENOPROTOOPT,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// acceptFailed makes room if descriptors have run out, and logs at most once per logEvery.
func (l *Listener) acceptFailed(err error) {
	l.metrics.acceptFailures.Inc()
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		l.mu.Lock()
		victim := l.findIdle(netip.Addr{})
		if victim != nil {
			l.remove(victim)
		}
		l.mu.Unlock()
		l.evict(victim)
	}
	if n, ok := l.failures.next(); ok {
		l.o.Log.Warn("accepting connection failed: will retry", "error", err, "failures", n, "open", l.Open())
	}
}

// pause pauses for d, and reports whether the listener is still open.
func (l *Listener) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-l.closed:
		return false
	case <-timer.C:
		return true
	}
}

// admit counts a connection and returns it wrapped, or refuses it and returns nil.
func (l *Listener) admit(tcp net.Conn) *conn {
	addr := AddressOf(tcp.RemoteAddr())
	c := &conn{Conn: tcp, l: l}
	boundUnsent(tcp)
	limited := addr.IsValid() && !l.o.Trusted(addr)
	if limited {
		c.network = NetworkOf(addr)
	}
	c.idleSince.Store(time.Now().UnixNano())

	l.mu.Lock()
	var reason string
	var victims [2]*conn
	if limited && l.perAddress[c.network] >= l.o.Limits.PerAddress {
		if victims[0] = l.findIdle(c.network); victims[0] == nil {
			reason = reasonAddress
		} else {
			l.remove(victims[0])
		}
	}
	if reason == "" && len(l.conns) >= l.o.Limits.Total {
		if victims[1] = l.findIdle(netip.Addr{}); victims[1] == nil {
			reason = reasonTotal
		} else {
			l.remove(victims[1])
		}
	}
	if reason == "" {
		l.conns[c] = struct{}{}
		if limited {
			l.perAddress[c.network]++
		}
	}
	l.mu.Unlock()

	for _, victim := range victims {
		l.evict(victim)
	}
	if reason == "" {
		return c
	}
	l.metrics.refused[reason].Inc()
	if n, ok := l.refused.next(); ok {
		l.o.Log.Warn("connection refused", "reason", reason, "source", addr.String(), "refused", n, "open", l.Open(),
			"max_connections", l.o.Limits.Total, "max_connections_per_address", l.o.Limits.PerAddress)
	}
	l.refuse(tcp)
	return nil
}

// remove removes a connection from the counts; l.mu must be held.
func (l *Listener) remove(c *conn) {
	if _, counted := l.conns[c]; !counted {
		return
	}
	delete(l.conns, c)
	if !c.network.IsValid() {
		return
	}
	if l.perAddress[c.network]--; l.perAddress[c.network] == 0 {
		delete(l.perAddress, c.network)
	}
}

// findIdle returns a connection that has been idle for Options.Idle, or nil. It considers
// those of network, or all if network is the zero Addr. l.mu must be held.
func (l *Listener) findIdle(network netip.Addr) *conn {
	now := time.Now()
	if now.Before(l.scanAfter) {
		return nil
	}
	before := now.Add(-l.o.Idle).UnixNano()
	for c := range l.conns {
		if since := c.idleSince.Load(); since != 0 && since <= before && (!network.IsValid() || c.network == network) {
			return c
		}
	}
	// A flood of connections must not cause a scan of all of them each time.
	l.scanAfter = now.Add(scanPause)
	return nil
}

// evict closes an idle connection, if any.
func (l *Listener) evict(c *conn) {
	if c == nil {
		return
	}
	l.metrics.cut[reasonIdle].Inc()
	c.evicted.Store(true)
	_ = c.Close()
}

// AddressOf returns the IP address of a peer, without zone and port, and with an
// IPv4-mapped IPv6 address as IPv4. It returns the zero Addr if the peer has none.
func AddressOf(a net.Addr) netip.Addr {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return tcp.AddrPort().Addr().Unmap().WithZone("")
}

// NetworkOf returns the key that clients are counted by. For an IPv4 address, also an
// IPv4-mapped IPv6 one, that is the address itself. For an IPv6 address it is the first
// address of its /64, usually the network of a single subscriber (RFC 6177). The zero
// Addr stays the zero Addr.
func NetworkOf(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	if !addr.Is6() {
		return addr
	}
	return netip.PrefixFrom(addr, 64).Masked().Addr()
}

// TCP listens on an address for a program's public port.
func TCP(ctx context.Context, address string, o Options) (*Listener, error) {
	inner, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	l, err := New(inner, o)
	if err != nil {
		_ = inner.Close()
		return nil, err
	}
	return l, nil
}
