// Package shell holds what all admin pages have in common: authentication of visitors, the
// layout, forms that keep their input, the palette and the sidebar. It is
// independent of particular pages and kinds of library objects; groups of pages add theirs
// (Routes, AddPaletteSource).
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

// Options holds the dependencies and settings of all pages.
type Options struct {
	DB   *postgres.DB
	Auth *authz.Authorizer
	Log  *slog.Logger
	// Public is the public URL of this site.
	Public *url.URL
	// PublicReader is the address at which editors reach the readers; it can be empty.
	PublicReader string
	// Hub supplies the events that pages follow; Streams limits the event streams.
	Hub     *events.Hub
	Streams *events.Limits
}

// Shell is the common part of all groups of pages.
type Shell struct {
	Options
	// Now returns the time to which relative times on pages refer.
	Now       func() time.Time
	templates Templates
	assets    assets.Assets
	// origins rejects requests from pages of other sites.
	origins *http.CrossOriginProtection
	// pages and actions map the paths of an organization's pages and actions to the
	// permissions that they require.
	pages, actions map[string]access.Request
	sidebar        []sidebarPage
	// paletteActions are the actions that the palette lists; paletteSources return the
	// items that it lists from the library.
	paletteActions []paletteAction
	paletteSources []func(*Request) (PaletteGroup, error)
	paletteRows    Cache[any, template.HTML]
}

// New returns a new Shell for pages.
func New(o Options, pages Templates) (*Shell, error) {
	s := &Shell{
		Options: o, Now: time.Now, pages: map[string]access.Request{}, actions: map[string]access.Request{},
		templates: pages, paletteRows: newPaletteRowCache(),
	}
	var err error
	if s.assets, err = assets.Read(); err != nil {
		return nil, err
	}
	s.origins = http.NewCrossOriginProtection()
	return s, s.origins.AddTrustedOrigin(o.Public.Scheme + "://" + o.Public.Host)
}

// Asset serves the static files that pages load.
func (s *Shell) Asset(c *fiber.Ctx) error { return s.assets.Serve(c) }

// write renders a page completely before it responds. A template that fails midway returns
// an error and sends no partial page.
func (s *Shell) write(c *fiber.Ctx, status int, name, block string, data any) error {
	var b bytes.Buffer
	if err := s.templates[name].ExecuteTemplate(&b, block, data); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Status(status).Send(b.Bytes())
}
