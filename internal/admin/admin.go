// Package admin is the program that admins of organizations use: it puts the API
// (and the pages, which are next to it) behind what every request goes through.
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
	"orgmodes/internal/admin/authz"
	"orgmodes/internal/admin/events"
	"orgmodes/internal/admin/request"
	"orgmodes/internal/admin/signin"
	"orgmodes/internal/admin/web"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/config"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
)

const (
	// defaultDeadline is what an answer may take: imports are the longest.
	defaultDeadline = 30 * time.Second

	idleTimeout = 2 * time.Minute
	// headerBytes bounds a request's headers.
	headerBytes = 16 << 10
)

// Options are what an installation decides.
type Options struct {
	DB       *postgres.DB
	Keys     *token.Keys
	Builtins []modes.Mode
	Log      *slog.Logger
	// Public is the address that people know us by.
	Public *url.URL
	// PublicReader is where editors reach the readers; it may be empty.
	PublicReader string
	// TrustedProxies are those whose X-Forwarded-For is believed; none by
	// default.
	TrustedProxies config.Networks
	// PublishWait is how long creating or revoking a token waits for readers to
	// know of it.
	PublishWait time.Duration
	// Deadline is what an answer may take; 0 means 30 seconds. Tests give more, so
	// that none fails because a machine is busy.
	Deadline time.Duration
	// Metrics is where figures on requests are registered; nil for nowhere.
	Metrics prometheus.Registerer
	// MaxStreams bounds the streams of events of all users; 0 means 2,000.
	MaxStreams int
	// MaxAnswers bounds the large answers that clients are still receiving, in bytes;
	// 0 means request.DefaultMaxAnswers.
	MaxAnswers int
}

// New makes the app. It listens nowhere yet.
func New(o Options) (*fiber.App, error) {
	gate, err := signin.New(signin.Options{DB: o.DB, Keys: o.Keys, Log: o.Log, Public: o.Public, Proxies: len(o.TrustedProxies) > 0})
	if err != nil {
		return nil, err
	}
	auth := authz.New(gate, o.DB)
	hub, streams := events.NewHub(o.DB, o.Log), events.NewLimits(o.MaxStreams)
	pages, err := web.New(web.Options{
		Options: shell.Options{
			DB: o.DB, Auth: auth, Log: o.Log, Public: o.Public, PublicReader: strings.TrimSuffix(o.PublicReader, "/"),
			Hub: hub, Streams: streams,
		},
		Keys: o.Keys, Builtins: o.Builtins, PublishWait: o.PublishWait,
	})
	if err != nil {
		return nil, err
	}
	fail := func(c *fiber.Ctx, err error) error {
		if web.Wants(c) {
			return pages.Fail(c, err, api.Problem(err))
		}
		return api.Fail(o.Log, c, err)
	}
	// What Fiber refuses by itself has gone through nothing of what is below.
	brings := bodies{auth}
	unhandled := request.Unhandled(o.TrustedProxies, gate.Secure(), func(c *fiber.Ctx, err error) error {
		return fail(c, brings.explain(c, err))
	})
	app := fiber.New(fiber.Config{
		AppName: "orgmodes admin", DisableStartupMessage: true,
		// Strings from a request would otherwise change when its buffers are
		// used again.
		Immutable:     true,
		CaseSensitive: true,
		BodyLimit:     uploadBody,
		// A form is read where it is wanted, within limits of ours.
		DisablePreParseMultipartForm: true,
		// Of the header; bodies says how long a body may take. Writes have no deadline
		// as a whole, as streams have no end: package listen bounds each.
		ReadTimeout:    headerTime,
		IdleTimeout:    idleTimeout,
		ReadBufferSize: headerBytes,
		ErrorHandler:   unhandled,
		// Fiber believes no header about the client: request.Source alone does.
		EnableTrustedProxyCheck: true,
	})
	figures, err := request.NewFigures(o.Metrics)
	if err != nil {
		return nil, err
	}
	// From the outside in. Figures answer failures themselves, to know the
	// status; everything inside only returns errors.
	app.Use(
		request.Identify(o.TrustedProxies),
		request.NewAnswers(o.MaxAnswers).Bound(fail),
		request.Headers(gate.Secure()),
		figures.Count(o.Log, fail),
		request.Recover(o.Log),
		request.Plain(),
		request.Text(),
		request.Deadline(cmp.Or(o.Deadline, defaultDeadline)),
	)
	a := &api.API{
		DB: o.DB, Auth: auth, Keys: o.Keys, Builtins: o.Builtins, Log: o.Log,
		PublicReader: strings.TrimSuffix(o.PublicReader, "/"), PublishWait: o.PublishWait, Hub: hub, Streams: streams,
	}
	a.Routes(app)
	pages.Routes(app)
	problemsForAnyMethod(app, unhandled)
	app.Server().HeaderReceived = brings.received
	// Streams take their connections over, and close them.
	app.Server().KeepHijackedConns = true
	return app, nil
}

// problemsForAnyMethod answers methods that Fiber doesn't know, to which it
// would say something that is no problem.
func problemsForAnyMethod(app *fiber.App, fail fiber.ErrorHandler) {
	next := app.Handler()
	known := fiber.DefaultMethods
	app.Server().Handler = func(ctx *fasthttp.RequestCtx) {
		if slices.Contains(known, string(ctx.Method())) {
			next(ctx)
			return
		}
		c := app.AcquireCtx(ctx)
		defer app.ReleaseCtx(c)
		_ = fail(c, fiber.ErrMethodNotAllowed)
	}
}
