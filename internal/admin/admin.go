// Package admin is the program for the admins of organizations. It serves the API and
// the pages, behind the middleware that every request passes through.
package admin

import (
	"cmp"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"orgmodes/internal/admin/api"
	"orgmodes/internal/admin/auth"
	"orgmodes/internal/admin/authz"
	"orgmodes/internal/admin/events"
	"orgmodes/internal/admin/middleware"
	"orgmodes/internal/admin/web"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/config"
	"orgmodes/internal/http1"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
)

const (
	// defaultDeadline bounds the handling of a request. Imports take the longest.
	defaultDeadline = 30 * time.Second

	idleTimeout = 2 * time.Minute
	// maxHeaderBytes bounds a request's headers.
	maxHeaderBytes = 16 << 10
)

// Options configure the program.
type Options struct {
	DB       *postgres.DB
	Keys     *token.Keys
	Builtins []modes.Mode
	Log      *slog.Logger
	// Public is the public URL of this installation.
	Public *url.URL
	// PublicReader is the base URL at which editors reach the readers; it can be empty.
	PublicReader string
	// TrustedProxies are the networks of proxies whose X-Forwarded-For is trusted. None is
	// trusted by default.
	TrustedProxies config.Networks
	// PublishWait bounds how long creating or revoking a token waits until readers know
	// the change.
	PublishWait time.Duration
	// Deadline bounds the handling of a request; 0 means 30 seconds. Tests set a longer
	// one, so that none fails on a busy machine.
	Deadline time.Duration
	// Metrics is where request metrics are registered. A nil registerer disables
	// registration.
	Metrics prometheus.Registerer
	// MaxStreams bounds the open event streams of all users together; 0 means 2,000.
	MaxStreams int
	// MaxResponseBytes bounds the large responses that clients are still receiving, in bytes; 0
	// means middleware.DefaultResponseBudget.
	MaxResponseBytes int
}

// New returns the app. It doesn't listen yet.
func New(o Options) (*fiber.App, error) {
	authenticator, err := auth.New(auth.Options{DB: o.DB, Keys: o.Keys, Log: o.Log, Public: o.Public, TrustsProxies: len(o.TrustedProxies) > 0})
	if err != nil {
		return nil, err
	}
	authorizer := authz.New(authenticator, o.DB)
	hub, streams := events.NewHub(o.DB, o.Log), events.NewLimits(o.MaxStreams)
	pages, err := web.New(web.Options{
		Options: shell.Options{
			DB: o.DB, Auth: authorizer, Log: o.Log, Public: o.Public, PublicReader: strings.TrimSuffix(o.PublicReader, "/"),
			Hub: hub, Streams: streams,
		},
		Keys: o.Keys, Builtins: o.Builtins, PublishWait: o.PublishWait,
	})
	if err != nil {
		return nil, err
	}
	fail := func(c *fiber.Ctx, err error) error {
		if web.WantsHTML(c) {
			return pages.Fail(c, err, api.Problem(err))
		}
		return api.Fail(o.Log, c, err)
	}
	// Fiber's own refusals bypass the middleware below.
	limits := bodyLimits{authorizer}
	fallback := middleware.Fallback(o.TrustedProxies, authenticator.Secure(), func(c *fiber.Ctx, err error) error {
		return fail(c, limits.explain(c, err))
	})
	app := fiber.New(fiber.Config{
		AppName: "orgmodes admin", DisableStartupMessage: true,
		// Strings from a request would otherwise change once its buffers are reused.
		Immutable:     true,
		CaseSensitive: true,
		BodyLimit:     maxUploadBody,
		// Handlers parse forms themselves, within our limits.
		DisablePreParseMultipartForm: true,
		// ReadTimeout is for the header; bodyLimits sets the timeout of each body. There is no
		// WriteTimeout, because streams don't end: package listen bounds each write.
		ReadTimeout:    headerTimeout,
		IdleTimeout:    idleTimeout,
		ReadBufferSize: maxHeaderBytes,
		ErrorHandler:   fallback,
		// Fiber trusts no header about the client: only middleware.Source interprets those.
		EnableTrustedProxyCheck: true,
	})
	metrics, err := middleware.NewMetrics(o.Metrics)
	if err != nil {
		return nil, err
	}
	// Outermost first. Metrics calls the error handler itself, to know the status.
	// Everything inside only returns errors.
	app.Use(
		middleware.RequestID(o.TrustedProxies),
		middleware.NewResponseBudget(o.MaxResponseBytes).Limit(fail),
		middleware.SecurityHeaders(authenticator.Secure()),
		metrics.Observe(o.Log, fail),
		middleware.Recover(o.Log),
		middleware.RejectEncoded(),
		middleware.RejectInvalidText(),
		middleware.Deadline(cmp.Or(o.Deadline, defaultDeadline)),
	)
	a := &api.API{
		DB: o.DB, Auth: authorizer, Keys: o.Keys, Builtins: o.Builtins, Log: o.Log,
		PublicReader: strings.TrimSuffix(o.PublicReader, "/"), PublishWait: o.PublishWait, Hub: hub, Streams: streams,
	}
	a.Routes(app)
	pages.Routes(app)
	handleUnknownMethods(app, fallback)
	app.Server().HeaderReceived = limits.requestConfig
	http1.Enforce(app.Server(), func(ctx *fasthttp.RequestCtx, reason *http1.RefusalError) {
		c := app.AcquireCtx(ctx)
		defer app.ReleaseCtx(c)
		_ = fallback(c, reason)
	})
	// Streams hijack their connections and close them themselves.
	app.Server().KeepHijackedConns = true
	return app, nil
}

// handleUnknownMethods answers unknown methods with a problem. Fiber's own answer to
// them would not be one.
func handleUnknownMethods(app *fiber.App, fail fiber.ErrorHandler) {
	next := app.Handler()
	supported := fiber.DefaultMethods
	app.Server().Handler = func(ctx *fasthttp.RequestCtx) {
		if slices.Contains(supported, string(ctx.Method())) {
			next(ctx)
			return
		}
		c := app.AcquireCtx(ctx)
		defer app.ReleaseCtx(c)
		_ = fail(c, fiber.ErrMethodNotAllowed)
	}
}
