package shell

import (
	"fmt"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/events"
)

// events tells a browser how far the organization and its publication are,
// whenever that changes: an event "state" whose id is the state itself. A browser
// that comes back says what it saw last (Last-Event-ID), and hears of what it
// missed, once, however much that was.
func (s *Shell) events(v *Visit) error {
	release, err := s.Streams.Take(v.Visitor.UserID, v.session.CSRF)
	if err != nil {
		v.Set(fiber.HeaderRetryAfter, "10")
		return err
	}
	states, leave := s.Hub.States(v.Org.ID)
	seen := v.Get("Last-Event-ID")
	stream := events.Stream[events.State]{
		From: states, End: func() { leave(); release() },
		Frame: func(now events.State) []byte {
			if now.ID() == seen {
				return nil
			}
			seen = now.ID()
			return fmt.Appendf(nil, "id: %s\nevent: state\ndata: %s\n\n", seen, now.JSON())
		},
	}
	return stream.Serve(v.Ctx)
}

// RouteEvents adds the stream of events. It stands outside of the group of pages:
// what is compressed is held back until there is enough of it.
func (s *Shell) RouteEvents(app fiber.Router) {
	r := access.Request{Action: access.ReadLibrary}
	s.pages["/events"] = r
	app.Get("/orgs/:org/events", s.in(r, s.events))
}
