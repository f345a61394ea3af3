package web

import (
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/admin/web/auditlog"
	"orgmodes/internal/admin/web/importer"
	modepages "orgmodes/internal/admin/web/modes"
	"orgmodes/internal/admin/web/objects"
	"orgmodes/internal/admin/web/publication"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/admin/web/tokens"
	"orgmodes/internal/modes"
	"orgmodes/internal/problem"
	"orgmodes/internal/token"
)

// Options configures the pages.
type Options struct {
	shell.Options
	// Keys generates the tokens.
	Keys *token.Keys
	// Builtins are the modes that every editor has.
	Builtins []modes.Mode
	// PublishWait limits how long creating or revoking a token waits for readers to know
	// it.
	PublishWait time.Duration
}

// Web answers requests for pages.
type Web struct {
	shell       *shell.Shell
	modes       *modepages.Pages
	importer    *importer.Pages
	auditlog    *auditlog.Pages
	publication *publication.Pages
	tokens      *tokens.Pages
	// objects holds the pages of each kind without dedicated pages.
	objects []*objects.Pages
}

// templates returns the templates of all pages. They are part of the program, so they are
// parsed once per process.
var templates = sync.OnceValues(func() (shell.Templates, error) {
	return shell.Parse(modepages.HTML, objects.HTML, importer.HTML, auditlog.HTML, publication.HTML, tokens.HTML)
})

// New returns a Web. Routes adds it to an app.
func New(o Options) (*Web, error) {
	pages, err := templates()
	if err != nil {
		return nil, err
	}
	s, err := shell.New(o.Options, pages)
	if err != nil {
		return nil, err
	}
	w := &Web{
		shell: s, modes: modepages.New(s, o.Builtins), importer: importer.New(s, o.Builtins), auditlog: auditlog.New(s),
		publication: publication.New(s, o.Builtins), tokens: tokens.New(s, o.Keys, o.PublishWait),
	}
	for _, k := range o.DB.Kinds() {
		if k.Names().Singular != modes.KindName {
			w.objects = append(w.objects, objects.New(s, k))
		}
	}
	return w, nil
}

// Fail answers with a page that describes the error.
func (w *Web) Fail(c *fiber.Ctx, err error, p problem.Problem) error { return w.shell.Fail(c, err, p) }

// WantsHTML reports whether a request is for a page, rather than for the API.
func WantsHTML(c *fiber.Ctx) bool { return shell.WantsHTML(c) }
