package shell

import (
	"fmt"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/events"
)

// events streams the state of the organization and its publication to a browser. It sends
// an event "state" whenever the state changes; the event's id is the state itself. A browser
// that reconnects sends the last id that it received (Last-Event-ID). However many changes
// it missed, it gets a single event.
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

// RouteEvents adds the route of the event stream. It is outside of the group of pages, whose
// compression would buffer events.
func (s *Shell) RouteEvents(app fiber.Router) {
	r := access.Request{Action: access.ReadLibrary}
	s.pages["/events"] = r
	app.Get("/orgs/:org/events", s.in(r, s.events))
}
