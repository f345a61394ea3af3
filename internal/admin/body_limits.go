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
	// maxAnonymousBody is for anyone, and maxPageBody for anyone at a page: a form sent with an
	// ended session is kept until after the sign-in.
	maxAnonymousBody = 64 << 10
	maxPageBody      = 512<<10 + 64<<10
	// maxMemberBody is for senders with a session or an access token.
	maxMemberBody = templates.MaxBodyBytes + 64<<10
	// maxUploadBody is for imports by senders who are allowed to change a library.
	maxUploadBody = upload.MaxUploadBytes + 64<<10
)

const (
	// headerTimeout bounds how long a request's header can take to arrive. A body gets the
	// same time before its minimum rate applies.
	headerTimeout = 15 * time.Second
	// minBodyRate is the minimum rate at which a body has to arrive, in bytes per second.
	minBodyRate = 16 << 10
	// chunked is fasthttp's ContentLength of a body of unknown length.
	chunked = -1
	// authTimeout bounds authenticating the sender of a large body.
	authTimeout = 5 * time.Second
)

// bodyLimits limits request bodies by their sender.
type bodyLimits struct{ auth *authz.Authorizer }

// requestConfig configures reading a request. It is called with the header, before the body
// is read.
func (b bodyLimits) requestConfig(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	length := h.ContentLength()
	limit, _ := b.limit(h)
	if length == chunked {
		length = limit
	}
	config := fasthttp.RequestConfig{MaxRequestBodySize: limit}
	if length > 0 && !h.IsGet() && !h.IsHead() {
		config.ReadTimeout = headerTimeout + time.Duration(min(length, limit))*time.Second/minBodyRate
	}
	return config
}

// limit returns the largest body that a request can have, in bytes. err explains why it
// can't be larger; it is nil if no sender could send more.
func (b bodyLimits) limit(h *fasthttp.RequestHeader) (limit int, err error) {
	limit = maxAnonymousBody
	if isPage(h.RequestURI()) {
		limit = maxPageBody
	}
	if length := h.ContentLength(); h.IsGet() || h.IsHead() || length != chunked && length <= limit {
		return limit, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), authTimeout)
	defer cancel()
	principal, err := b.auth.Sender(ctx, h)
	if err != nil {
		return limit, err
	}
	refusal := fault.New(fault.TooLarge, "body_too_large", "A request can have at most %d KiB", maxMemberBody>>10)
	if !isImport(h.RequestURI()) {
		return maxMemberBody, refusal
	}
	switch imports, err := b.auth.CanAnywhere(ctx, principal, access.Request{Action: access.ChangeLibrary}); {
	case err != nil:
		return limit, err
	case !imports:
		return maxMemberBody, refusal
	}
	return maxUploadBody, nil
}

// explain replaces the error of a body that was too large with the reason for its
// sender's limit.
func (b bodyLimits) explain(c *fiber.Ctx, err error) error {
	var refusal *fiber.Error
	if !errors.As(err, &refusal) || refusal.Code != http.StatusRequestEntityTooLarge {
		return err
	}
	limit, reason := b.limit(&c.Request().Header)
	switch {
	case reason == nil:
		return err
	case fault.Is(reason, fault.Unauthenticated):
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="orgmodes"`)
		f, _ := fault.As(reason)
		return fault.New(fault.Unauthenticated, f.Code, "%s. Without that, a request can have at most %d KiB, so this one was discarded", f.Message, limit>>10)
	default:
		return reason
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
