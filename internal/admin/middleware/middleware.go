// Package middleware is the middleware that every request passes through, whichever
// handler answers it. It adds an id, a deadline and common headers, and limits a panic
// to one request. It is independent of the sender and the route.
package middleware

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/config"
	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
)

type key int

const (
	keyID key = iota
	keySource
)

// ID returns the request's id in the log and the audit log.
func ID(c *fiber.Ctx) string {
	id, _ := c.Locals(keyID).(string)
	return id
}

const maxIDLength = 64

// RequestID sets the request's id, which is the client's X-Request-Id if that is valid.
// It also sets the source: the peer's address, or the client's address according to
// trusted proxies.
func RequestID(trusted config.Networks) fiber.Handler {
	return func(c *fiber.Ctx) error {
		setRequestID(c, trusted)
		return c.Next()
	}
}

func setRequestID(c *fiber.Ctx, trusted config.Networks) {
	id := c.Get(fiber.HeaderXRequestID)
	if !validID(id) {
		id = rand.Text()
	}
	c.Locals(keyID, id)
	c.Set(fiber.HeaderXRequestID, id)
	c.Locals(keySource, sourceOf(c, trusted))
}

// validID reports whether an id is safe to log: it can't forge a log line.
func validID(id string) bool {
	if id == "" || len(id) > maxIDLength {
		return false
	}
	for _, r := range id {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-_.:", r):
		default:
			return false
		}
	}
	return true
}

// Deadline bounds the handling of a request. fasthttp's own context isn't canceled when
// a client disconnects, so handlers use UserContext.
func Deadline(d time.Duration) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, cancel := context.WithTimeout(c.UserContext(), d)
		defer cancel()
		c.SetUserContext(ctx)
		return c.Next()
	}
}

// SecurityHeaders sets the headers that are common to all answers.
func SecurityHeaders(secure bool) fiber.Handler {
	return func(c *fiber.Ctx) error {
		setSecurityHeaders(c, secure)
		return c.Next()
	}
}

func setSecurityHeaders(c *fiber.Ctx, secure bool) {
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderXFrameOptions, "DENY")
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	if secure {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
}

// Recover turns a panic into an internal error of its request.
func Recover(log *slog.Logger) fiber.Handler {
	return func(c *fiber.Ctx) (err error) {
		defer func() {
			if p := recover(); p != nil {
				log.Error("panic", "request_id", ID(c), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				err = fault.New(fault.Internal, "internal", "panic").WithCause(errLogged)
			}
		}()
		return c.Next()
	}
}

// errLogged marks an error that has been logged where it occurred.
var errLogged = fmt.Errorf("logged already")

// Logged reports whether an error has been logged where it occurred.
func Logged(err error) bool {
	f, ok := fault.As(err)
	return ok && f.Err == errLogged //nolint:errorlint // the very one
}

// RejectEncoded refuses compressed bodies. They would have to be decompressed before anything
// is known about them, and Fiber's own decompression has no limit.
func RejectEncoded() fiber.Handler {
	return func(c *fiber.Ctx) error {
		if coding := strings.TrimSpace(c.Get(fiber.HeaderContentEncoding)); coding != "" && !strings.EqualFold(coding, "identity") {
			c.Set(fiber.HeaderAcceptEncoding, "identity")
			return fault.New(fault.Unsupported, "unsupported_content_encoding", "Send the body as it is, without Content-Encoding")
		}
		return c.Next()
	}
}

// RejectInvalidText refuses a path or a query that contains invalid text: Postgres accepts
// neither invalid UTF-8 nor U+0000.
func RejectInvalidText() fiber.Handler {
	return func(c *fiber.Ctx) error {
		uri := c.Context().URI()
		if problem := jsonast.TextProblem(string(uri.Path())); problem != "" {
			return fault.New(fault.Malformed, "malformed_path", "The path can't be read: %s", problem)
		}
		for name, value := range uri.QueryArgs().All() {
			if problem := cmp.Or(jsonast.TextProblem(string(name)), jsonast.TextProblem(string(value))); problem != "" {
				return fault.New(fault.Malformed, "malformed_query", "%s in the query: %s", strconv.Quote(strings.ToValidUTF8(string(name), "\uFFFD")), problem)
			}
		}
		return c.Next()
	}
}
