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

// Limits of a request's body by sender, in bytes. A body is read whole before any
// handler runs, so the limit is decided from the header. Each includes room for the
// encoding of a form.
const (
	// strangerBody is for anyone, and pageBody for anyone at a page: a form sent with an
	// ended session is kept until after the sign-in.
	strangerBody = 64 << 10
	pageBody     = 512<<10 + 64<<10
	// memberBody is for senders with a session or an access token.
	memberBody = templates.MaxBodyBytes + 64<<10
	// uploadBody is for imports by senders who are allowed to change a library.
	uploadBody = upload.MaxUploadBytes + 64<<10
)

const (
	// headerTime bounds how long a request's header can take to arrive. A body gets the
	// same time before its minimum rate applies.
	headerTime = 15 * time.Second
	// leastRate is the minimum rate at which a body has to arrive, in bytes per second.
	leastRate = 16 << 10
	// chunked is fasthttp's ContentLength of a body of unknown length.
	chunked = -1
	// lookTime bounds authenticating the sender of a large body.
	lookTime = 5 * time.Second
)

// bodies limits request bodies by their sender.
type bodies struct{ auth *authz.Authorizer }

// received configures reading a request. It is called with the header, before the body
// is read.
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

// limit returns the largest body that a request can have, in bytes. err explains why it
// can't be larger; it is nil if no sender could send more.
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
	refusal := fault.New(fault.TooLarge, "body_too_large", "A request can have at most %d KiB", memberBody>>10)
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

// explain replaces the error of a body that was too large with the reason for its
// sender's limit.
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
		return fault.New(fault.Unauthenticated, f.Code, "%s. Without that, a request can have at most %d KiB, so this one was discarded", f.Message, limit>>10)
	default:
		return why
	}
}

// isImport reports whether a request imports files, through the API or a page, or
// applies manifests. Only these accept files.
func isImport(uri []byte) bool {
	path, _, _ := bytes.Cut(uri, []byte("?"))
	path = bytes.TrimRight(path, "/")
	return bytes.HasSuffix(path, []byte("/import")) || bytes.HasSuffix(path, []byte("/apply"))
}

// isPage reports whether a request is for a page rather than for the API.
func isPage(uri []byte) bool {
	return !bytes.HasPrefix(uri, []byte("/api/")) && !bytes.HasPrefix(uri, []byte("/mcp"))
}
