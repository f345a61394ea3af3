package web

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
)

const (
	// eventsBeat is how often a stream says something where nothing happens: so
	// both sides notice that the other is gone.
	eventsBeat = 10 * time.Second
	// eventsLife is how long a stream lasts. The browser opens another at once,
	// and whoever has signed out or is no member any more doesn't get one.
	eventsLife = 5 * time.Minute
	// eventsRetry is how long a browser waits before it tries again.
	eventsRetry = time.Second
	// eventsWrite is how long a browser may take to receive an event.
	eventsWrite = 30 * time.Second
)

// events tells a browser how far the organization and its publication are,
// whenever that changes: an event "state" whose id is the state itself. A browser
// that comes back says what it saw last (Last-Event-ID), and hears of what it
// missed, once, however much that was.
//
// A stream takes the connection over from the server, which would otherwise keep
// the buffers and the stack of the whole request for as long as it lasts.
func (w *Web) events(v *visit) error {
	v.Set(fiber.HeaderContentType, "text/event-stream")
	v.Set("X-Accel-Buffering", "no")
	if v.Method() == fiber.MethodHead {
		return nil
	}
	release, err := w.opened.take(v.who.UserID, v.session.CSRF)
	if err != nil {
		v.Set(fiber.HeaderRetryAfter, "10")
		return err
	}
	s := &stream{
		seen: v.Get("Last-Event-ID"),
		over: v.Context().Done(), // closed when the server goes down
	}
	states, leave := w.hub.join(v.org.ID)
	s.states, s.end = states, func() { leave(); release() }
	header := &v.Response().Header
	header.SetConnectionClose() // the body's end
	s.head = append([]byte(nil), header.Header()...)
	v.Context().HijackSetNoResponse(true)
	v.Context().Hijack(func(c net.Conn) {
		if own, ok := c.(interface{ UnsafeConn() net.Conn }); ok {
			c = own.UnsafeConn()
		}
		s.conn = c
		go s.run()
	})
	return nil
}

// stream is one stream of events, and holds nothing of the request that began it.
type stream struct {
	conn   net.Conn
	head   []byte
	seen   string
	states <-chan state
	over   <-chan struct{}
	end    func()
}

// run writes events until the browser or the server goes away.
func (s *stream) run() {
	ctx, cancel := context.WithTimeout(context.Background(), eventsLife)
	defer cancel()
	defer s.end()
	defer func() { _ = s.conn.Close() }()
	go func() {
		// A browser sends nothing more: reading ends when it goes away.
		_, _ = s.conn.Read(make([]byte, 1))
		cancel()
	}()
	beat := time.NewTicker(eventsBeat)
	defer beat.Stop()
	next := fmt.Appendf(s.head, "retry: %d\n\n", eventsRetry.Milliseconds())
	s.head = nil
	for {
		if len(next) > 0 && s.write(next) != nil {
			return
		}
		next = nil
		select {
		case <-ctx.Done():
			return
		case <-s.over:
			return
		case <-beat.C:
			next = []byte(": nothing new\n\n")
		case now, open := <-s.states:
			if !open {
				return // the database is away: the browser is to know
			}
			if now.id() != s.seen {
				s.seen = now.id()
				next = fmt.Appendf(nil, "id: %s\nevent: state\ndata: %s\n\n", s.seen, now.json())
			}
		}
	}
}

func (s *stream) write(p []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(eventsWrite)); err != nil {
		return err
	}
	_, err := s.conn.Write(p)
	return err
}

// streams adds the stream of events. It stands outside of the group of pages:
// what is compressed is held back until there is enough of it.
func (w *Web) streams(app fiber.Router) {
	r := access.Request{Action: access.ReadLibrary}
	w.pages["/events"] = r
	app.Get("/orgs/:org/events", w.in(r, w.events))
}
