package snapshot

import (
	"context"
	"net"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// A timeout is there to find out that a server is gone, not that a document is large
// or a network slow. Options.Timeout therefore bounds how long a write may stand
// still, and the answer to a large document may take longer in proportion.

const (
	// writeChunk is how many bytes have to be taken within a timeout.
	writeChunk = 64 << 10
	// slowest is how many bytes a server stores in a second, at least.
	slowest = 1 << 20
)

// progressConn gives each chunk of what is written a timeout of its own.
type progressConn struct {
	net.Conn
	timeout time.Duration
}

// SetWriteDeadline does nothing: go-redis sets one for a whole command.
func (c *progressConn) SetWriteDeadline(time.Time) error { return nil }

func (c *progressConn) Write(b []byte) (n int, err error) {
	for {
		if err := c.Conn.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
			return n, err
		}
		m, err := c.Conn.Write(b[n:min(n+writeChunk, len(b))])
		n += m
		if err != nil || n == len(b) {
			return n, err
		}
	}
}

// byProgress has a dialer make such connections.
func byProgress(dial func(context.Context, string, string) (net.Conn, error), timeout time.Duration) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		paced := &progressConn{conn, timeout}
		if raw, ok := conn.(syscall.Conn); ok {
			// go-redis looks through it whether the server has hung up.
			return struct {
				*progressConn
				syscall.Conn
			}{paced, raw}, nil
		}
		return paced, nil
	}
}

// patient returns a client whose timeout is long enough for the answer to so many
// bytes: the same one while they are few.
func (s *Store) patient(bytes int) redis.Scripter {
	c, ok := s.rdb.(*redis.Client)
	if !ok || bytes < slowest {
		return s.rdb
	}
	return c.WithTimeout(c.Options().ReadTimeout + time.Duration(bytes/slowest)*time.Second)
}
