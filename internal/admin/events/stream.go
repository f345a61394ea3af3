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
	// beat is the interval of keep-alive comments. By them, each side notices that the
	// other is gone.
	beat = 10 * time.Second
	// life is the maximum duration of a stream. A client reconnects at once, but is
	// refused if the user has signed out or is no longer a member.
	life = 5 * time.Minute
	// retry is how long a browser waits before it reconnects.
	retry = time.Second
	// writeTime bounds how long a client can take to receive an event.
	writeTime = 30 * time.Second
)

// Stream is a stream of events made from values of type T.
type Stream[T any] struct {
	// First is written at once, before any other event.
	First []byte
	// From delivers the values; the stream ends when it is closed. Frame returns a value
	// as an event, or nothing if there is no event for it.
	From  <-chan T
	Frame func(T) []byte
	// Check, if set, is called with each keep-alive; the stream ends at its first error.
	Check func(context.Context) error
	// End is called when the stream has ended.
	End func()

	conn net.Conn
	head []byte
	over <-chan struct{}
}

// Serve answers a request with the stream.
//
// It hijacks the connection from the server, which would otherwise keep the buffers and
// the stack of the whole request for the duration of the stream.
func (s *Stream[T]) Serve(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, "text/event-stream")
	c.Set("X-Accel-Buffering", "no")
	if c.Method() == fiber.MethodHead {
		s.End()
		return nil
	}
	s.over = c.Context().Done() // closed when the server shuts down
	header := &c.Response().Header
	header.SetConnectionClose() // ends the body
	s.head = append([]byte(nil), header.Header()...)
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
	ctx, cancel := context.WithTimeout(context.Background(), life)
	defer cancel()
	defer s.End()
	defer func() { _ = s.conn.Close() }()
	go func() {
		// A client sends nothing more: reading ends when it disconnects.
		_, _ = s.conn.Read(make([]byte, 1))
		cancel()
	}()
	next := time.NewTimer(wakeup.In(beat))
	defer next.Stop()
	if s.begin() != nil {
		return
	}
	for {
		var out []byte
		select {
		case <-ctx.Done():
			return
		case <-s.over:
			return
		case <-next.C:
			next.Reset(wakeup.In(beat))
			if s.Check != nil && s.Check(ctx) != nil {
				return
			}
			out = []byte(": nothing new\n\n")
		case now, open := <-s.From:
			if !open {
				return // the client notices and reconnects
			}
			out = s.Frame(now)
		}
		if len(out) > 0 && s.write(out) != nil {
			return
		}
	}
}

// begin writes the header and the first events, and then releases them.
func (s *Stream[T]) begin() error {
	first := append(fmt.Appendf(s.head, "retry: %d\n\n", retry.Milliseconds()), s.First...)
	s.head, s.First = nil, nil
	return s.write(first)
}

func (s *Stream[T]) write(p []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	_, err := s.conn.Write(p)
	return err
}
