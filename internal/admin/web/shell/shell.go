// Package shell is what all pages of admins have in common: who visits, the frame around
// a page, forms that come back with what was typed, the palette and the rail. It knows no
// kind of page and no kind of thing in a library: groups of pages add theirs (Routes,
// FindBy).
package shell

import (
	"bytes"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/authz"
	"orgmodes/internal/admin/events"
	"orgmodes/internal/admin/web/assets"
	"orgmodes/internal/postgres"
)

// Options are what every page is made of.
type Options struct {
	DB   *postgres.DB
	Auth *authz.Authorizer
	Log  *slog.Logger
	// Public is the address that people know us by.
	Public *url.URL
	// PublicReader is where editors reach the readers; it may be empty.
	PublicReader string
	// Hub has what pages follow, and Streams bounds their streams of events.
	Hub     *events.Hub
	Streams *events.Limits
}

// Shell is what the groups of pages stand in.
type Shell struct {
	Options
	// Now is the time that pages are of.
	Now       func() time.Time
	templates Templates
	assets    assets.Assets
	// origins decides which requests come from our own pages.
	origins *http.CrossOriginProtection
	// pages are those of an organization, with what it takes to see them; actions
	// are what can be sent there, with what it takes to do it.
	pages, actions map[string]access.Request
	rail           []entry
	// deeds are what the palette lists as something to be done, finds what it lists of
	// the library.
	deeds  []deed
	finds  []func(*Visit) (Places, error)
	places Memory[any, template.HTML]
}

// New makes a shell around pages.
func New(o Options, pages Templates) (*Shell, error) {
	s := &Shell{
		Options: o, Now: time.Now, pages: map[string]access.Request{}, actions: map[string]access.Request{},
		templates: pages, places: newPlaces(),
	}
	var err error
	if s.assets, err = assets.Read(); err != nil {
		return nil, err
	}
	s.origins = http.NewCrossOriginProtection()
	return s, s.origins.AddTrustedOrigin(o.Public.Scheme + "://" + o.Public.Host)
}

// Asset serves what pages load.
func (s *Shell) Asset(c *fiber.Ctx) error { return s.assets.Serve(c) }

// write answers with a page that was rendered whole: what fails in the middle
// is a failure, and no half page.
func (s *Shell) write(c *fiber.Ctx, status int, name, block string, data any) error {
	var b bytes.Buffer
	if err := s.templates[name].ExecuteTemplate(&b, block, data); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Status(status).Send(b.Bytes())
}
