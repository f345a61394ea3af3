package admin

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/authz"
	"orgmodes/internal/fault"
	"orgmodes/internal/templates"
	"orgmodes/internal/upload"
)

// What a request may bring, in bytes, by who sends it. A body is read whole before
// any handler runs, so this is decided by the header. There is room for a form
// around what is meant.
const (
	// strangerBody is for anyone, and pageBody for anyone at a page: that of an ended
	// session is kept there for after the sign-in.
	strangerBody = 64 << 10
	pageBody     = 512<<10 + 64<<10
	// memberBody is for whoever is signed in or has an access token.
	memberBody = templates.MaxBodyBytes + 64<<10
	// uploadBody is for imports by those who may change a library.
	uploadBody = upload.MaxUploadBytes + 64<<10
)

const (
	// headerTime is how long the header of a request may take to arrive, and the body
	// before its least rate counts.
	headerTime = 15 * time.Second
	// leastRate is how fast a body has to arrive, in bytes a second.
	leastRate = 16 << 10
	// chunked is what fasthttp has as the length of a body whose length isn't known.
	chunked = -1
	// lookTime bounds finding out who sends a large body.
	lookTime = 5 * time.Second
)

// bodies decides what requests may bring.
type bodies struct{ auth *authz.Authorizer }

// received is called with a request's header, before its body is read.
func (b bodies) received(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	length := h.ContentLength()
	limit, _ := b.limit(h)
	if length == chunked {
		length = limit
	}
	config := fasthttp.RequestConfig{MaxRequestBodySize: limit}
	if length > 0 && !h.IsGet() && !h.IsHead() {
		config.ReadTimeout = headerTime + time.Duration(min(length, limit))*time.Second/leastRate
	}
	return config
}

// limit is how much a request may bring; err is why no more, where more could be
// brought by someone else.
func (b bodies) limit(h *fasthttp.RequestHeader) (limit int, err error) {
	limit = strangerBody
	if isPage(h.RequestURI()) {
		limit = pageBody
	}
	if length := h.ContentLength(); h.IsGet() || h.IsHead() || length != chunked && length <= limit {
		return limit, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookTime)
	defer cancel()
	who, err := b.auth.Sender(ctx, h)
	if err != nil {
		return limit, err
	}
	refusal := fault.New(fault.TooLarge, "body_too_large", "A request can bring at most %d KiB", memberBody>>10)
	if !isImport(h.RequestURI()) {
		return memberBody, refusal
	}
	switch imports, err := b.auth.CanAnywhere(ctx, who, access.Request{Action: access.ChangeLibrary}); {
	case err != nil:
		return limit, err
	case !imports:
		return memberBody, refusal
	}
	return uploadBody, nil
}

// explain replaces the failure of a body that was too large by the reason why
// its sender could bring no more.
func (b bodies) explain(c *fiber.Ctx, err error) error {
	var refusal *fiber.Error
	if !errors.As(err, &refusal) || refusal.Code != http.StatusRequestEntityTooLarge {
		return err
	}
	limit, why := b.limit(&c.Request().Header)
	switch {
	case why == nil:
		return err
	case fault.Is(why, fault.Unauthenticated):
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="orgmodes"`)
		f, _ := fault.As(why)
		return fault.New(fault.Unauthenticated, f.Code, "%s. Without that, a request can bring at most %d KiB, so what was sent is not kept", f.Message, limit>>10)
	default:
		return why
	}
}

// isImport reports whether a request is for an import, of the API or of a page, or
// applies manifests: only these take files.
func isImport(uri []byte) bool {
	path, _, _ := bytes.Cut(uri, []byte("?"))
	path = bytes.TrimRight(path, "/")
	return bytes.HasSuffix(path, []byte("/import")) || bytes.HasSuffix(path, []byte("/apply"))
}

// isPage reports whether a request is for a page, and not for the API.
func isPage(uri []byte) bool {
	return !bytes.HasPrefix(uri, []byte("/api/")) && !bytes.HasPrefix(uri, []byte("/mcp"))
}
