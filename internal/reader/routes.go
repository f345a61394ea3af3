package reader

import (
	"cmp"
	"errors"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"orgmodes/internal/endpoint"
	"orgmodes/internal/http1"
	"orgmodes/internal/process"
)

const (
	maxHeaderBytes = 8 << 10
	maxBodyBytes   = 1 << 10
	readTimeout    = 5 * time.Second
	// writeTimeout bounds an answer as a whole. An answer that is received too slowly is cut
	// sooner: see package listen.
	writeTimeout = 10 * time.Minute
	idleTimeout  = 2 * time.Minute
)

// routes registers everything that the reader serves. Every route accepts GET and HEAD.
// Below an organization these are modes, modes.yaml, organization.yaml,
// marketplace.yaml, templates, and the named documents of the given collections.
func (r *Reader) routes(app *fiber.App, collections []string) {
	for _, rep := range endpoint.All() {
		index, _ := r.documents.collection(rep.Collection)
		r.handleDocument(app, endpoint.Path(":organization", rep.Name), index, rep.Name)
	}
	for _, name := range collections {
		index, _ := r.documents.collection(name)
		r.handleDocument(app, endpoint.Path(":organization", name+"/:document"), index, "")
	}
	modes, _ := r.documents.collection(endpoint.Modes)
	r.handleMarketplace(app, "/api/marketplace/modes", modes, endpoint.MarketplaceYAML)
}

// handleDocument serves the representation with the given name of the organization in the
// path, or, if name is "", the document of the collection that is named in the path.
func (r *Reader) handleDocument(app *fiber.App, path string, index collectionIndex, name string) {
	count := r.metrics.answers(cmp.Or(name, r.documents.collections[index].name))
	app.Get(path, func(c *fiber.Ctx) error {
		ctx := c.Context()
		// The parameter aliases the request's buffer; the array does not.
		id, ok := parseOrganization(c.Params("organization"))
		headerID, state := organizationHeader(ctx)
		switch {
		case !ok:
			problemOrganizationID.write(ctx)
		case state == headerMalformed:
			problemHeaderID.write(ctx)
		case state == headerGiven && headerID != id:
			problemOrganizationMismatch.write(ctx)
		default:
			requested := name
			if requested == "" {
				requested = c.Params("document")
			}
			r.serve(ctx, documentKey{id, index}, requested, valueVary)
		}
		count.count(ctx.Response.StatusCode())
		return nil
	})
}

// handleMarketplace serves a representation of the document of the organization in the
// header, or the public catalog.
func (r *Reader) handleMarketplace(app *fiber.App, path string, index collectionIndex, name string) {
	count, public := r.metrics.answers(name), r.metrics.answers("public")
	app.Get(path, func(c *fiber.Ctx) error {
		ctx := c.Context()
		id, state := organizationHeader(ctx)
		switch state {
		case headerAbsent:
			r.servePublic(ctx)
			public.count(ctx.Response.StatusCode())
			return nil
		case headerMalformed:
			problemHeaderID.write(ctx)
		default:
			r.serve(ctx, documentKey{id, index}, name, valueVaryMarketplace)
		}
		count.count(ctx.Response.StatusCode())
		return nil
	})
}

// headerState is the state of X-KiloCode-OrganizationId.
type headerState uint8

const (
	headerAbsent headerState = iota
	headerMalformed
	headerGiven
)

// organizationHeader reads X-KiloCode-OrganizationId. Multiple lines must agree.
func organizationHeader(ctx *fasthttp.RequestCtx) (id organizationID, state headerState) {
	for _, line := range ctx.Request.Header.PeekAll(requestOrganization) {
		lineID, ok := parseOrganization(trim(line))
		if !ok || state == headerGiven && lineID != id {
			return organizationID{}, headerMalformed
		}
		id, state = lineID, headerGiven
	}
	return id, state
}

// newApp returns a Fiber application with the routes.
func (r *Reader) newApp(collections []string) *fiber.App {
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
		ReadTimeout:    readTimeout,
		WriteTimeout:   writeTimeout,
		IdleTimeout:    idleTimeout,
		// Connections are many and mostly idle: an idle one should not hold buffers.
		ReduceMemoryUsage:            true,
		DisablePreParseMultipartForm: true,
		ErrorHandler:                 r.errorHandler,
	})
	r.routes(app, collections)
	app.Server().Handler = r.guard(app.Handler())
	http1.Enforce(app.Server(), r.refuse)
	return app
}

// refuse answers a request whose head can't be accepted.
func (r *Reader) refuse(ctx *fasthttp.RequestCtx, reason *http1.RefusalError) {
	p := refusalProblems[reason]
	p.write(ctx)
	r.unroutedAnswers.count(p.status)
}

// guard wraps the routes. Without it, Fiber itself would answer methods that it doesn't
// know, and a panic would end the process.
func (r *Reader) guard(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		start := r.clock.mono()
		defer func() {
			if p := recover(); p != nil {
				r.log.Error("request failed", "panic", p, "stack", string(debug.Stack()))
				ctx.Response.Reset()
				problemInternal.write(ctx)
				r.unroutedAnswers.count(problemInternal.status)
			}
		}()
		if !ctx.IsGet() && !ctx.IsHead() && !knownMethod(ctx.Method()) {
			problemMethodNotAllowed.write(ctx)
			r.unroutedAnswers.count(problemMethodNotAllowed.status)
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

// errorHandler answers requests that no route matched or that could not be read.
func (r *Reader) errorHandler(c *fiber.Ctx, err error) error {
	p := problemInternal
	var f *fiber.Error
	if errors.As(err, &f) {
		switch f.Code {
		case fiber.StatusNotFound:
			p = problemNoSuchPath
		case fiber.StatusMethodNotAllowed:
			p = problemMethodNotAllowed
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
	r.unroutedAnswers.count(p.status)
	return nil
}
