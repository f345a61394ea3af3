package pubstore

import (
	"context"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// slowConn is a connection on which each write uses up its deadline.
type slowConn struct {
	net.Conn
	deadline time.Time
	chunks   int
	longest  int
}

func (c *slowConn) SetWriteDeadline(t time.Time) error { c.deadline = t; return nil }

func (c *slowConn) Write(b []byte) (int, error) {
	if !time.Now().Before(c.deadline) {
		return 0, os.ErrDeadlineExceeded
	}
	c.chunks++
	c.longest = max(c.longest, len(b))
	c.deadline = time.Time{} // used up
	return len(b), nil
}

// Each chunk of a write has its own timeout, so the size of a write does not make it fail.
func TestWriteTimeoutAppliesToEachChunk(t *testing.T) {
	inner := &slowConn{}
	dial := progressDialer(func(context.Context, string, string) (net.Conn, error) { return inner, nil }, time.Hour)
	conn, err := dial(t.Context(), "tcp", "there")
	require.NoError(t, err)
	require.NoError(t, conn.SetWriteDeadline(time.Now().Add(-time.Hour)), "what go-redis sets for the whole command")
	n, err := conn.Write(make([]byte, 10*writeChunk+1))
	require.NoError(t, err)
	require.Equal(t, 10*writeChunk+1, n)
	require.Equal(t, 11, inner.chunks)
	require.Equal(t, writeChunk, inner.longest)
}

// A server that accepts no data is detected.
func TestStalledWriteFails(t *testing.T) {
	client, server := net.Pipe()
	t.Cleanup(func() { _, _ = client.Close(), server.Close() })
	go func() { _, _ = io.CopyN(io.Discard, server, 3*writeChunk) }()
	conn := &progressConn{client, 50 * time.Millisecond}
	_, err := conn.Write(make([]byte, 10*writeChunk))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
}
