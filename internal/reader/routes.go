package reader

import (
	"cmp"
	"errors"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"orgmodes/internal/endpoint"
	"orgmodes/internal/process"
)

const (
	maxHeaderBytes = 8 << 10
	maxBodyBytes   = 1 << 10
	readTime       = 5 * time.Second
	// writeTime bounds an answer as a whole. An answer that is received too slowly is cut
	// sooner: see package listen.
	writeTime = 10 * time.Minute
	idleTime  = 2 * time.Minute
)

// routes registers everything that the reader serves. Every route accepts GET and HEAD.
// Below an organization these are modes, modes.yaml, organization.yaml,
// marketplace.yaml, templates, and the named documents of the given collections.
func (r *Reader) routes(app *fiber.App, collections []string) {
	for _, form := range endpoint.All() {
		of, _ := r.documents.collection(form.Collection)
		r.document(app, endpoint.Path(":organization", form.Name), of, form.Name)
	}
	for _, name := range collections {
		of, _ := r.documents.collection(name)
		r.document(app, endpoint.Path(":organization", name+"/:document"), of, "")
	}
	modes, _ := r.documents.collection(endpoint.Modes)
	r.marketplace(app, "/api/marketplace/modes", modes, endpoint.MarketplaceYAML)
}

// document serves a form of a collection of the organization in the path, or, if form
// is "", the named document in the path.
func (r *Reader) document(app *fiber.App, path string, of collectionNumber, form string) {
	count := r.metrics.answers(cmp.Or(form, r.documents.collections[of].name))
	app.Get(path, func(c *fiber.Ctx) error {
		ctx := c.Context()
		// The parameter aliases the request's buffer; the array does not.
		id, ok := parseOrganization(c.Params("organization"))
		named, said := named(ctx)
		switch {
		case !ok:
			problemOrganizationID.write(ctx)
		case said == headerMalformed:
			problemHeaderID.write(ctx)
		case said == headerGiven && named != id:
			problemDisagree.write(ctx)
		default:
			wanted := form
			if wanted == "" {
				wanted = c.Params("document")
			}
			r.serve(ctx, documentKey{id, of}, wanted, valueVary)
		}
		count.count(ctx.Response.StatusCode())
		return nil
	})
}

// marketplace serves a form of the document of the organization in the header,
// or the public catalog.
func (r *Reader) marketplace(app *fiber.App, path string, of collectionNumber, form string) {
	count, public := r.metrics.answers(form), r.metrics.answers("public")
	app.Get(path, func(c *fiber.Ctx) error {
		ctx := c.Context()
		id, said := named(ctx)
		switch said {
		case headerAbsent:
			r.servePublic(ctx)
			public.count(ctx.Response.StatusCode())
			return nil
		case headerMalformed:
			problemHeaderID.write(ctx)
		default:
			r.serve(ctx, documentKey{id, of}, form, valueVaryMarketplace)
		}
		count.count(ctx.Response.StatusCode())
		return nil
	})
}

// headerSaid is the state of X-KiloCode-OrganizationId.
type headerSaid uint8

const (
	headerAbsent headerSaid = iota
	headerMalformed
	headerGiven
)

// named reads X-KiloCode-OrganizationId. Multiple lines must agree.
func named(ctx *fasthttp.RequestCtx) (id organizationID, said headerSaid) {
	for _, line := range ctx.Request.Header.PeekAll(requestOrganization) {
		one, ok := parseOrganization(trim(line))
		if !ok || said == headerGiven && one != id {
			return organizationID{}, headerMalformed
		}
		id, said = one, headerGiven
	}
	return id, said
}

// app returns a Fiber application with the routes.
func (r *Reader) app(collections []string) *fiber.App {
	app := fiber.New(fiber.Config{
		AppName:                   "orgmodes-reader",
		DisableStartupMessage:     true,
		DisableDefaultContentType: true,
		// Paths match literally: in this letter case, without a trailing slash or
		// unescaping.
		CaseSensitive:  true,
		StrictRouting:  true,
		UnescapePath:   false,
		BodyLimit:      maxBodyBytes,
		ReadBufferSize: maxHeaderBytes,
		ReadTimeout:    readTime,
		WriteTimeout:   writeTime,
		IdleTimeout:    idleTime,
		// Connections are many and mostly idle: an idle one should not hold buffers.
		ReduceMemoryUsage:            true,
		DisablePreParseMultipartForm: true,
		ErrorHandler:                 r.unrouted,
	})
	r.routes(app, collections)
	app.Server().Handler = r.edge(app.Handler())
	return app
}

// edge wraps the routes. Without it, Fiber itself would answer methods that it doesn't
// know, and a panic would end the process.
func (r *Reader) edge(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		start := r.clock.mono()
		defer func() {
			if p := recover(); p != nil {
				r.log.Error("request failed", "panic", p, "stack", string(debug.Stack()))
				ctx.Response.Reset()
				problemInternal.write(ctx)
				r.other.count(problemInternal.status)
			}
		}()
		if !ctx.IsGet() && !ctx.IsHead() && !knownMethod(ctx.Method()) {
			problemMethod.write(ctx)
			r.other.count(problemMethod.status)
			return
		}
		next(ctx)
		r.metrics.duration.Observe((r.clock.mono() - start).Seconds())
	}
}

func knownMethod(m []byte) bool {
	for _, known := range fiber.DefaultMethods {
		if string(m) == known {
			return true
		}
	}
	return false
}

// unrouted answers requests that no route matched or that could not be read.
func (r *Reader) unrouted(c *fiber.Ctx, err error) error {
	p := problemInternal
	var f *fiber.Error
	if errors.As(err, &f) {
		switch f.Code {
		case fiber.StatusNotFound:
			p = problemNoSuchPath
		case fiber.StatusMethodNotAllowed:
			p = problemMethod
		case fiber.StatusRequestTimeout:
			p = problemTimeout
		case fiber.StatusRequestEntityTooLarge:
			p = problemBodyTooLarge
		case fiber.StatusRequestHeaderFieldsTooLarge:
			p = problemHeadersTooLarge
		case fiber.StatusBadRequest, fiber.StatusBadGateway:
			p = problemBadRequest
		}
	}
	if p == problemInternal {
		r.log.Error("request failed", "error", process.Redact(err.Error()))
	}
	c.Context().Response.Header.Reset()
	p.write(c.Context())
	r.other.count(p.status)
	return nil
}
