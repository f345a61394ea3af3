package middleware_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/middleware"
	"orgmodes/internal/fault"
	"orgmodes/internal/listen"
	"orgmodes/internal/problem"
)

const waitTimeout = 2 * time.Minute

func TestLargeResponsesCountUntilReceived(t *testing.T) {
	const size = 32 << 20
	answers := middleware.NewResponseBudget(size + size/2)
	large := strings.Repeat("x", size)
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Use(middleware.RequestID(nil), answers.Limit(func(c *fiber.Ctx, err error) error {
		require.True(t, fault.Is(err, fault.Unavailable))
		return c.Status(problem.FromError(err).Status).SendString("busy")
	}))
	app.Get("/large", func(c *fiber.Ctx) error { c.Set("ETag", `"x"`); return c.SendString(large) })
	app.Get("/small", func(c *fiber.Ctx) error { return c.SendString("small") })
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan error, 1)
	server := listen.NewServer(app)
	go func() { ended <- server.Serve(ln) }()
	t.Cleanup(func() {
		bounded, cancel := context.WithTimeout(context.Background(), waitTimeout)
		defer cancel()
		require.NoError(t, server.Shutdown(bounded))
		require.NoError(t, <-ended)
	})
	send := func(method, path string) net.Conn {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", ln.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		require.NoError(t, c.SetDeadline(time.Now().Add(waitTimeout)))
		_, err = io.WriteString(c, method+" "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		require.NoError(t, err)
		return c
	}
	all := func(c net.Conn) string { b, err := io.ReadAll(c); require.NoError(t, err); return string(b) }

	slow := send("GET", "/large")
	require.Eventually(t, func() bool { return answers.InUse() == size }, waitTimeout, time.Millisecond)
	refused := all(send("GET", "/large"))
	require.True(t, strings.HasPrefix(refused, "HTTP/1.1 503 "), refused[:min(len(refused), 100)])
	require.NotContains(t, refused, "Etag")
	require.True(t, strings.HasSuffix(all(send("GET", "/small")), "small"))
	require.True(t, strings.HasPrefix(all(send("HEAD", "/large")), "HTTP/1.1 200 "))

	require.True(t, strings.HasSuffix(all(slow), large[:100]), "the first is received whole")
	require.Eventually(t, func() bool { return answers.InUse() == 0 }, waitTimeout, time.Millisecond)
	require.Len(t, all(send("GET", "/large"))[strings.Index(all(send("GET", "/large")), "\r\n\r\n")+4:], size)

	disconnected := send("GET", "/large")
	require.Eventually(t, func() bool { return answers.InUse() == size }, waitTimeout, time.Millisecond)
	require.NoError(t, disconnected.Close())
	require.Eventually(t, func() bool { return answers.InUse() == 0 }, waitTimeout, time.Millisecond, "a client that is gone holds nothing")
}
