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
func (s *Shell) events(v *Request) error {
	release, err := s.Streams.Acquire(v.Principal.UserID, v.session.CSRF)
	if err != nil {
		v.Set(fiber.HeaderRetryAfter, "10")
		return err
	}
	states, unsubscribe := s.Hub.States(v.Org.ID)
	lastID := v.Get("Last-Event-ID")
	stream := events.Stream[events.State]{
		Values: states, OnEnd: func() { unsubscribe(); release() },
		Encode: func(now events.State) []byte {
			if now.ID() == lastID {
				return nil
			}
			lastID = now.ID()
			return fmt.Appendf(nil, "id: %s\nevent: state\ndata: %s\n\n", lastID, now.JSON())
		},
	}
	return stream.Serve(v.Ctx)
}

// RouteEvents adds the page /orgs/:org/events to app: server-sent events, which tell open
// pages of every change of the library and of its publication. It must be called before
// OrganizationRoutes, whose responses are compressed: compression would buffer the events.
func (s *Shell) RouteEvents(app fiber.Router) {
	r := access.Request{Action: access.ReadLibrary}
	s.pages["/events"] = r
	app.Get("/orgs/:org/events", s.requireMember(r, s.events))
}
