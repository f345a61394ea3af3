package middleware

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/config"
)

// Fallback wraps fail for requests that Fiber refuses before any handler, because of
// their size or form. Such requests get their id and headers here.
func Fallback(trusted config.Networks, secure bool, fail fiber.ErrorHandler) fiber.ErrorHandler {
	return func(c *fiber.Ctx, err error) error {
		if ID(c) == "" {
			setRequestID(c, trusted)
			setSecurityHeaders(c, secure)
		}
		var refusal *fiber.Error
		browser := strings.Contains(c.Get(fiber.HeaderAccept), fiber.MIMETextHTML)
		if browser && errors.As(err, &refusal) && refusal.Code == http.StatusRequestEntityTooLarge {
			discardBody(c.Context().Conn(), c.Request().Header.ContentLength())
		}
		return fail(c, err)
	}
}

const (
	// maxDiscarded and discardTimeout bound how much of a refused body is read, and for how
	// long.
	maxDiscarded   = 64 << 20
	discardTimeout = 15 * time.Second
	// discardIdle is how long to wait for more data once all may have arrived: it is unknown how
	// much of the body was read before.
	discardIdle = 200 * time.Millisecond
)

// discardBody reads and discards the rest of a body. The connection is closed after the
// answer. A browser that is still sending would then report a connection reset instead
// of showing the answer.
func discardBody(conn net.Conn, length int) {
	if conn == nil {
		return
	}
	end := time.Now().Add(discardTimeout)
	buffer := make([]byte, 64<<10)
	for got := 0; got < maxDiscarded && time.Now().Before(end); {
		until := end
		if length < 0 || got >= length-len(buffer) {
			until = time.Now().Add(discardIdle)
		}
		if conn.SetReadDeadline(until) != nil {
			return
		}
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		got += n
	}
}
