package web

import (
	"bytes"
	"context"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/authz"
	"orgmodes/internal/admin/events"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
	"orgmodes/internal/upload"
)

// Options are what the pages are made of.
type Options struct {
	DB   *postgres.DB
	Auth *authz.Authorizer
	// Keys make the tokens.
	Keys *token.Keys
	// Builtins are the modes that every editor has.
	Builtins []modes.Mode
	Log      *slog.Logger
	// Public is the address that people know us by.
	Public *url.URL
	// PublicReader is where editors reach the readers; it may be empty.
	PublicReader string
	// PublishWait is how long creating or revoking a token waits for readers to
	// know of it.
	PublishWait time.Duration
	// Hub has what pages follow, and Streams bounds their streams of events.
	Hub     *events.Hub
	Streams *events.Limits
}

// Web answers requests for pages.
type Web struct {
	Options
	templates map[string]*template.Template
	assets    assets
	// origins decides which requests come from our own pages.
	origins *http.CrossOriginProtection
	// pages are those of an organization, with what it takes to see them; actions
	// are what can be sent there, with what it takes to do it.
	pages, actions map[string]access.Request
	rail           []entry
	// deeds are what the palette lists as something to be done.
	deeds     []deed
	now       func() time.Time
	summaries memory[versionKey, summary]
	rowsMade  memory[rowKey, template.HTML]
	// fieldsMade are the names of what an entry of the audit log says that changed;
	// stepsMade what a version of a mode did.
	fieldsMade memory[auditKey, string]
	stepsMade  memory[versionKey, stepMade]
	placesMade memory[placeKey, template.HTML]
	// readModes parses what an import brings, and packBrought compresses it for the next
	// request: tests count them.
	readModes   func(context.Context, *postgres.DB, uuid.UUID, []upload.File) (planner, error)
	packBrought func([]upload.File) (string, error)
}

// New makes a Web; Routes adds it to an app.
func New(o Options) (*Web, error) {
	w := &Web{
		Options: o, pages: map[string]access.Request{}, actions: map[string]access.Request{}, now: time.Now,
		summaries: newSummaries(), rowsMade: newRows(), fieldsMade: newFields(), stepsMade: newSteps(), placesMade: newPlaces(),
		readModes: readModes, packBrought: packBrought,
	}
	var err error
	if w.assets, err = readAssets(); err != nil {
		return nil, err
	}
	if w.templates, err = w.parse(); err != nil {
		return nil, err
	}
	w.origins = http.NewCrossOriginProtection()
	return w, w.origins.AddTrustedOrigin(o.Public.Scheme + "://" + o.Public.Host)
}

// write answers with a page that was rendered whole: what fails in the middle
// is a failure, and no half page.
func (w *Web) write(c *fiber.Ctx, status int, name, block string, data any) error {
	var b bytes.Buffer
	if err := w.templates[name].ExecuteTemplate(&b, block, data); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Status(status).Send(b.Bytes())
}
