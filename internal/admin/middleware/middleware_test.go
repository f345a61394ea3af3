package middleware_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/middleware"
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

func TestPanicFailsOnlyItsRequest(t *testing.T) {
	var log bytes.Buffer
	app := fiber.New()
	app.Use(middleware.RequestID(nil), middleware.Recover(slog.New(slog.NewTextHandler(&log, nil))))
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
	app.Use(middleware.Deadline(time.Minute))
	var done <-chan struct{}
	app.Get("/", func(c *fiber.Ctx) error {
		_, bounded := c.UserContext().Deadline()
		require.True(t, bounded)
		require.NoError(t, c.UserContext().Err())
		done = c.UserContext().Done()
		return nil
	})
	get(t, app)
	<-done // its context ends with the request
}

// Changes, failures and slow requests are logged at the default level; polling is not.
func TestRequestLogLevel(t *testing.T) {
	var log bytes.Buffer
	metrics, err := middleware.NewMetrics(nil)
	require.NoError(t, err)
	app := fiber.New()
	app.Use(metrics.Observe(slog.New(slog.NewTextHandler(&log, nil)), func(c *fiber.Ctx, err error) error {
		return c.SendStatus(http.StatusConflict)
	}))
	app.All("/ok", func(c *fiber.Ctx) error { return c.SendString("ok") })
	app.All("/bad", func(*fiber.Ctx) error { return errors.New("conflict") })
	for _, c := range []struct {
		method, path string
		logged       bool
	}{
		{"GET", "/ok", false}, {"HEAD", "/ok", false}, {"GET", "/bad", true}, {"POST", "/ok", true}, {"DELETE", "/bad", true},
	} {
		log.Reset()
		answer, err := app.Test(httptest.NewRequestWithContext(t.Context(), c.method, c.path, nil), -1)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, c.logged, strings.Contains(log.String(), "msg=request "), "%s %s: %s", c.method, c.path, log.String())
	}
}
