package pubstore

import (
	"context"
	"net"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// A timeout is there to detect that a server is gone, not that a document is large
// or a network slow. Options.Timeout therefore bounds how long a write can make no
// progress. The answer to a large document may take longer in proportion to its size.

const (
	// writeChunk is how many bytes must be accepted within a timeout.
	writeChunk = 64 << 10
	// minBytesPerSecond is the lowest rate at which a server stores data.
	minBytesPerSecond = 1 << 20
)

// progressConn gives each chunk of a write a dedicated timeout.
type progressConn struct {
	net.Conn
	timeout time.Duration
}

// SetWriteDeadline does nothing: go-redis sets a deadline for a whole command.
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

// progressDialer wraps a dialer so that it returns such connections.
func progressDialer(dial func(context.Context, string, string) (net.Conn, error), timeout time.Duration) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		paced := &progressConn{conn, timeout}
		if raw, ok := conn.(syscall.Conn); ok {
			// go-redis uses it to check whether the server has hung up.
			return struct {
				*progressConn
				syscall.Conn
			}{paced, raw}, nil
		}
		return paced, nil
	}
}

// clientFor returns a client whose timeout is long enough for the answer to that many
// bytes; for few bytes it is the usual client.
func (s *Store) clientFor(bytes int) redis.Scripter {
	c, ok := s.rdb.(*redis.Client)
	if !ok || bytes < minBytesPerSecond {
		return s.rdb
	}
	return c.WithTimeout(c.Options().ReadTimeout + time.Duration(bytes/minBytesPerSecond)*time.Second)
}
