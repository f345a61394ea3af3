// Package shell holds the common parts of all admin pages: authentication of visitors, the
// layout, forms that keep their input, drafts, the palette and the sidebar. It is
// independent of particular pages and kinds of library objects. Groups of pages register
// their pages and actions through Routes.
//
// A page is the response to a GET request; an action handles the POST of a form. A handler, a
// func(*Request) error, serves one of them. It responds, or returns an error, for which the
// visitor gets a page (Shell.Fail). A visitor is the sender of a request.
//
// A library is the set of modes and other objects of an organization. A kind is a type of
// objects; see resource.Kind. Readers are the servers of published content. Editors are the
// programs in which people use modes; they fetch them from readers. The operator runs the
// installation.
//
// An edit page has the form in which a visitor changes an object. A draft is the input in
// that form, stored on the server before the visitor saves the object.
//
// The palette is the command palette: a dialog, opened with Ctrl-K or ⌘K, in which a visitor
// searches pages, actions and objects of the library, and opens one. Without scripts it is
// a page.
//
// An address, such as "/orgs/acme/modes", is the path of a page on this site. Unless stated
// otherwise, fields called Path hold an address.
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

// Options holds the dependencies and settings of all pages. All are required except
// PublicReader.
type Options struct {
	// DB stores all data.
	DB *postgres.DB
	// Auth authenticates visitors and determines their organizations.
	Auth *authz.Authorizer
	// Log receives failures with a status of 500 or above, and warnings about drafts that
	// could not be stored.
	Log *slog.Logger
	// Public is the URL at which browsers reach this site. Forms from its origin are accepted
	// even if the request has another Host.
	Public *url.URL
	// PublicReader is the base URL at which editors reach the readers. If it is empty, pages
	// show a placeholder; see ReaderAddress.
	PublicReader string
	// Hub supplies the events of RouteEvents. Streams bounds the number of event streams open
	// at once: per user, per session and in total.
	Hub     *events.Hub
	Streams *events.Limits
}

// Shell is the common part of all groups of pages. It is safe for concurrent use once all
// routes are registered.
type Shell struct {
	Options
	// Now returns the time to which relative times on pages refer. It is time.Now; tests
	// replace it.
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

// New returns a new Shell without routes, which renders the templates in pages; see Parse. It
// fails if the embedded assets are damaged, or if the scheme and the host of o.Public are no
// valid origin.
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

// Asset serves the static files that pages load: scripts, styles and icons. The path parameter
// "file" names the file. Pages link to "/assets/:file", so it must be registered there.
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
