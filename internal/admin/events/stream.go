package events

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/wakeup"
)

const (
	// heartbeat is the interval of keep-alive comments. By them, each side notices that the
	// other is gone.
	heartbeat = 10 * time.Second
	// maxStreamDuration is the maximum duration of a stream. A client reconnects at once, but is
	// refused if the user has signed out or is no longer a member.
	maxStreamDuration = 5 * time.Minute
	// reconnectDelay is how long a browser waits before it reconnects.
	reconnectDelay = time.Second
	// writeTimeout bounds how long a client can take to receive an event.
	writeTimeout = 30 * time.Second
)

// Stream is a stream of events made from values of type T.
type Stream[T any] struct {
	// First is written at once, before any other event.
	First []byte
	// Values delivers the values; the stream ends when it is closed. Encode returns a value
	// as an event, or nothing if there is no event for it.
	Values <-chan T
	Encode func(T) []byte
	// Check, if set, is called with each keep-alive; the stream ends at its first error.
	Check func(context.Context) error
	// OnEnd is called when the stream has ended.
	OnEnd func()

	conn     net.Conn
	header   []byte
	shutdown <-chan struct{}
}

// Serve answers a request with the stream.
//
// It hijacks the connection from the server, which would otherwise keep the buffers and
// the stack of the whole request for the duration of the stream.
func (s *Stream[T]) Serve(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, "text/event-stream")
	c.Set("X-Accel-Buffering", "no")
	if c.Method() == fiber.MethodHead {
		s.OnEnd()
		return nil
	}
	s.shutdown = c.Context().Done() // closed when the server shuts down
	responseHeader := &c.Response().Header
	responseHeader.SetConnectionClose() // ends the body
	s.header = append([]byte(nil), responseHeader.Header()...)
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(conn net.Conn) {
		if own, ok := conn.(interface{ UnsafeConn() net.Conn }); ok {
			conn = own.UnsafeConn()
		}
		s.conn = conn
		go s.run()
	})
	return nil
}

// run writes events until the client disconnects or the server shuts down.
func (s *Stream[T]) run() {
	ctx, cancel := context.WithTimeout(context.Background(), maxStreamDuration)
	defer cancel()
	defer s.OnEnd()
	defer func() { _ = s.conn.Close() }()
	go func() {
		// A client sends nothing more: reading ends when it disconnects.
		_, _ = s.conn.Read(make([]byte, 1))
		cancel()
	}()
	next := time.NewTimer(wakeup.In(heartbeat))
	defer next.Stop()
	if s.writeHeader() != nil {
		return
	}
	for {
		var out []byte
		select {
		case <-ctx.Done():
			return
		case <-s.shutdown:
			return
		case <-next.C:
			next.Reset(wakeup.In(heartbeat))
			if s.Check != nil && s.Check(ctx) != nil {
				return
			}
			out = []byte(": nothing new\n\n")
		case now, open := <-s.Values:
			if !open {
				return // the client notices and reconnects
			}
			out = s.Encode(now)
		}
		if len(out) > 0 && s.write(out) != nil {
			return
		}
	}
}

// writeHeader writes the header and the first events, and then releases them.
func (s *Stream[T]) writeHeader() error {
	first := append(fmt.Appendf(s.header, "retry: %d\n\n", reconnectDelay.Milliseconds()), s.First...)
	s.header, s.First = nil, nil
	return s.write(first)
}

func (s *Stream[T]) write(p []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := s.conn.Write(p)
	return err
}
