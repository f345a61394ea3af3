package request_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/request"
)

func get(t *testing.T, app *fiber.App, headers ...string) (int, string) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := app.Test(req, -1)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(body)
}

func TestSource(t *testing.T) {
	source := func(trusted ...string) *fiber.App {
		var list []netip.Prefix
		for _, s := range trusted {
			list = append(list, netip.MustParsePrefix(s))
		}
		app := fiber.New()
		app.Use(request.Identify(list))
		app.Get("/", func(c *fiber.Ctx) error { return c.SendString(request.Source(c)) })
		return app
	}
	// app.Test comes from 0.0.0.0.
	peer, far, near := "0.0.0.0/32", "203.0.113.9", "10.0.0.2"
	for _, c := range []struct {
		app       *fiber.App
		forwarded string
		want      string
	}{
		{source(), far, "0.0.0.0"},
		{source(peer), "", "0.0.0.0"},
		{source(peer), far, far},
		{source(peer), "6.6.6.6, " + far, far},
		{source(peer, "10.0.0.0/8"), "6.6.6.6, " + far + ", " + near, far},
		{source(peer), far + ", nonsense", "0.0.0.0"},
	} {
		_, got := get(t, c.app, "X-Forwarded-For", c.forwarded)
		require.Equal(t, c.want, got, "%q", c.forwarded)
	}
}

func TestPanicIsOneRequestsFailure(t *testing.T) {
	var log bytes.Buffer
	app := fiber.New()
	app.Use(request.Identify(nil), request.Recover(slog.New(slog.NewTextHandler(&log, nil))))
	app.Get("/", func(c *fiber.Ctx) error {
		if c.Get("Panic") != "" {
			panic("oops")
		}
		return c.SendString("fine")
	})
	status, body := get(t, app, "Panic", "now", "X-Request-Id", "r-1")
	require.Equal(t, 500, status)
	require.NotContains(t, body, "oops")
	require.Contains(t, log.String(), "request_id=r-1")
	require.Contains(t, log.String(), "panic=oops")
	_, body = get(t, app)
	require.Equal(t, "fine", body)
}

func TestDeadline(t *testing.T) {
	app := fiber.New()
	app.Use(request.Deadline(time.Minute))
	var done <-chan struct{}
	app.Get("/", func(c *fiber.Ctx) error {
		_, bounded := c.UserContext().Deadline()
		require.True(t, bounded)
		require.NoError(t, c.UserContext().Err())
		done = c.UserContext().Done()
		return nil
	})
	get(t, app)
	<-done // it ends with the request
}
