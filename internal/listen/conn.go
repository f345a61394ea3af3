package listen

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"
)

// MinWriteRate is the least rate, in bytes per second, at which a client must
// receive a response, averaged over Options.Stall.
const MinWriteRate = 1 << 10

// conn is a served connection. fasthttp, like net/http, has only a deadline for a
// whole response: too short for a large response to a slow client, and not applicable
// to streams. So each chunk of a write gets its own deadline.
type conn struct {
	net.Conn
	l *Listener
	// network is the key that the connection is counted by; the zero Addr for a trusted peer.
	network netip.Addr
	// idleSince is when the last write ended, in Unix nanoseconds. It is 0 while a
	// request is read or answered.
	idleSince atomic.Int64
	// responseDeadline is the deadline that the server set for the whole response, in Unix
	// nanoseconds; 0 for none.
	responseDeadline atomic.Int64
	// lineReceived reports whether the end of a line was received since the last write.
	lineReceived atomic.Bool
	evicted      atomic.Bool
	closed       atomic.Bool
}

// Read reads from the client. A connection that was evicted for another one fails
// like any that was idle for too long.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.idleSince.Store(0)
		if !c.lineReceived.Load() && bytes.IndexByte(p[:n], '\n') >= 0 {
			c.lineReceived.Store(true)
		}
	}
	if err != nil && c.evicted.Load() {
		err = os.ErrDeadlineExceeded
	}
	return n, err
}

// LineReceived reports whether the client has sent the end of a line since the last write.
// With it, a server whose buffer is full distinguishes a request line that is too long from a
// header that is too large. The start of a pipelined request, received together with the one
// before it, doesn't count.
func (c *conn) LineReceived() bool { return c.lineReceived.Load() }

// Write writes all of p as long as the client receives it at MinWriteRate or faster.
func (c *conn) Write(p []byte) (written int, err error) {
	c.idleSince.Store(0)
	c.lineReceived.Store(false)
	chunk := max(int(MinWriteRate*c.l.o.Stall/time.Second), 1)
	for {
		next := p[written:min(written+chunk, len(p))]
		if err := c.Conn.SetWriteDeadline(c.deadline()); err != nil {
			return written, err
		}
		n, err := c.Conn.Write(next)
		written += n
		switch {
		case err == nil:
		case c.evicted.Load():
			err = os.ErrDeadlineExceeded
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.l.metrics.cut[reasonSlow].Inc()
		}
		if err != nil || written == len(p) {
			c.idleSince.Store(time.Now().UnixNano())
			return written, err
		}
	}
}

// deadline returns the deadline of the next chunk.
func (c *conn) deadline() time.Time {
	stalled := time.Now().Add(c.l.o.Stall)
	if ends := c.responseDeadline.Load(); ends != 0 && ends < stalled.UnixNano() {
		return time.Unix(0, ends)
	}
	return stalled
}

// SetWriteDeadline bounds all later writes, in addition to the deadlines of
// their chunks.
func (c *conn) SetWriteDeadline(t time.Time) error {
	if t.IsZero() {
		c.responseDeadline.Store(0)
		return nil
	}
	c.responseDeadline.Store(t.UnixNano())
	return c.Conn.SetWriteDeadline(t)
}

// SetDeadline sets both deadlines.
func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetWriteDeadline(t); err != nil {
		return err
	}
	return c.SetReadDeadline(t)
}

// Close closes the connection; later calls do nothing.
func (c *conn) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	c.l.mu.Lock()
	c.l.remove(c)
	c.l.mu.Unlock()
	return c.Conn.Close()
}
