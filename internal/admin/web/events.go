package web

import (
	"bufio"
	"context"
	"fmt"
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
)

// events tells a browser how far the organization and its publication are,
// whenever that changes: an event "state" whose id is the state itself. A browser
// that comes back says what it saw last (Last-Event-ID), and hears of what it
// missed, once, however much that was.
func (w *Web) events(v *visit) error {
	seen := v.Get("Last-Event-ID")
	over := v.Context().Done() // closed when the server goes down
	org := v.org.ID
	changes, leave := w.hub.join(org)
	v.Set(fiber.HeaderContentType, "text/event-stream")
	v.Set("X-Accel-Buffering", "no")
	v.Context().SetBodyStreamWriter(func(out *bufio.Writer) {
		defer leave()
		ctx, cancel := context.WithTimeout(context.Background(), eventsLife)
		defer cancel()
		beat := time.NewTicker(eventsBeat)
		defer beat.Stop()
		_, _ = fmt.Fprintf(out, "retry: %d\n\n", eventsRetry.Milliseconds())
		for {
			if out.Flush() != nil {
				return // nobody is there
			}
			select {
			case <-ctx.Done():
				return
			case <-over:
				return
			case <-beat.C:
				_, _ = out.WriteString(": nothing new\n\n")
			case s, open := <-changes:
				if !open {
					return // the database is away: the browser is to know
				}
				if s.id() != seen {
					seen = s.id()
					_, _ = fmt.Fprintf(out, "id: %s\nevent: state\ndata: %s\n\n", seen, s.json())
				}
			}
		}
	})
	return nil
}

// streams adds the stream of events. It stands outside of the group of pages:
// what is compressed is held back until there is enough of it.
func (w *Web) streams(app fiber.Router) {
	r := access.Request{Action: access.ReadLibrary}
	w.pages["/events"] = r
	app.Get("/orgs/:org/events", w.in(r, w.events))
}
