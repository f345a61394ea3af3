package request

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/config"
)

// Unhandled is fail for requests that Fiber refuses before any handler has them,
// for their size or their form: they get their id and headers here.
func Unhandled(trusted config.Networks, secure bool, fail fiber.ErrorHandler) fiber.ErrorHandler {
	return func(c *fiber.Ctx, err error) error {
		if ID(c) == "" {
			identify(c, trusted)
			protect(c, secure)
		}
		var refusal *fiber.Error
		browser := strings.Contains(c.Get(fiber.HeaderAccept), fiber.MIMETextHTML)
		if browser && errors.As(err, &refusal) && refusal.Code == http.StatusRequestEntityTooLarge {
			swallow(c.Context().Conn(), c.Request().Header.ContentLength())
		}
		return fail(c, err)
	}
}

const (
	// maxSwallowed and swallowFor bound what is taken in of a body that is refused.
	maxSwallowed = 64 << 20
	swallowFor   = 15 * time.Second
	// lull is how long nothing comes where all has come: how much of the body was
	// read before isn't known.
	lull = 200 * time.Millisecond
)

// swallow takes in what is still coming of a body. The connection is closed after
// the answer, and a browser that is still sending then shows that the connection
// was reset, instead of the answer.
func swallow(conn net.Conn, length int) {
	if conn == nil {
		return
	}
	end := time.Now().Add(swallowFor)
	buffer := make([]byte, 64<<10)
	for got := 0; got < maxSwallowed && time.Now().Before(end); {
		patience := end
		if length < 0 || got >= length-len(buffer) {
			patience = time.Now().Add(lull)
		}
		if conn.SetReadDeadline(patience) != nil {
			return
		}
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		got += n
	}
}
