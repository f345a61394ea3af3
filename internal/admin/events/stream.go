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
	// beat is the interval of the signs of life of a stream: both sides notice that the
	// other is gone.
	beat = 10 * time.Second
	// life is how long a stream lasts. A client opens another one at once; whoever has
	// signed out, or is no member any more, doesn't get one.
	life = 5 * time.Minute
	// retry is how long a browser waits before it tries again.
	retry = time.Second
	// writeTime is how long a client may take to receive an event.
	writeTime = 30 * time.Second
)

// Stream is a stream of events that are made from values of type T.
type Stream[T any] struct {
	// First is written at once, before any other event.
	First []byte
	// From has what there is to write; the stream ends when it is closed. Frame returns it
	// as an event, or nothing if it is none.
	From  <-chan T
	Frame func(T) []byte
	// Check, if set, is called with each sign of life; the stream ends at its first error.
	Check func(context.Context) error
	// End is called when the stream has ended.
	End func()

	conn net.Conn
	head []byte
	over <-chan struct{}
}

// Serve answers a request with the stream.
//
// It takes the connection over from the server, which would otherwise keep the buffers and
// the stack of the whole request for as long as the stream lasts.
func (s *Stream[T]) Serve(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, "text/event-stream")
	c.Set("X-Accel-Buffering", "no")
	if c.Method() == fiber.MethodHead {
		s.End()
		return nil
	}
	s.over = c.Context().Done() // closed when the server goes down
	header := &c.Response().Header
	header.SetConnectionClose() // the body's end
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

// run writes events until the client or the server goes away.
func (s *Stream[T]) run() {
	ctx, cancel := context.WithTimeout(context.Background(), life)
	defer cancel()
	defer s.End()
	defer func() { _ = s.conn.Close() }()
	go func() {
		// A client sends nothing more: reading ends when it goes away.
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
				return // the client is to know, and comes back
			}
			out = s.Frame(now)
		}
		if len(out) > 0 && s.write(out) != nil {
			return
		}
	}
}

// begin writes the header and the first events, which it keeps no longer.
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
