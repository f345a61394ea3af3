package middleware

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// Metrics measures the number and duration of requests by method, route and status.
type Metrics struct{ seconds *prometheus.HistogramVec }

// NewMetrics registers the metrics. A nil registerer disables registration.
func NewMetrics(registry prometheus.Registerer) (*Metrics, error) {
	f := &Metrics{prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "orgmodes_admin_request_duration_seconds", Help: "Duration of requests, by method, route and status code.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"method", "route", "code"})}
	if registry == nil {
		return f, nil
	}
	return f, registry.Register(f.seconds)
}

// Observe measures and logs requests. fail answers failed ones.
func (f *Metrics) Observe(log *slog.Logger, fail fiber.ErrorHandler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		start := time.Now()
		err := c.Next()
		if err != nil {
			err = fail(c, err)
		}
		took := time.Since(start)
		status := c.Response().StatusCode()
		f.seconds.WithLabelValues(c.Method(), c.Route().Path, strconv.Itoa(status)).Observe(took.Seconds())
		log.Log(c.UserContext(), requestLevel(c.Method(), status, took), "request", "request_id", ID(c), "method", c.Method(),
			"path", c.Path(), "status", status, "took", took.Round(time.Microsecond).String(), "source", Source(c))
		return err
	}
}

// slowRequest is the duration from which a request is logged, whatever it was.
const slowRequest = time.Second

// requestLevel returns the level at which a request is logged. What changes something, failed or
// was slow is info. Everything else is debug: pages and scripts poll.
func requestLevel(method string, status int, took time.Duration) slog.Level {
	safe := method == fiber.MethodGet || method == fiber.MethodHead
	if !safe || status >= fiber.StatusBadRequest || took >= slowRequest {
		return slog.LevelInfo
	}
	return slog.LevelDebug
}
