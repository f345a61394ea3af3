package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"orgmodes/internal/devstack/leaktest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// buffer holds a log that a test can read while it is being written.
type buffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func newLog() (*slog.Logger, *buffer) {
	b := &buffer{}
	return slog.New(slog.NewTextHandler(b, nil)), b
}

func TestLoggerWritesJSONToFiles(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	log, err := NewLogger(file, "warn", "")
	require.NoError(t, err)
	log.Info("unseen")
	log.Warn("seen")
	require.NoError(t, file.Close())
	content, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	require.Regexp(t, `^\{"time":"[^"]+","level":"WARN","msg":"seen"\}\n$`, string(content))

	_, err = NewLogger(file, "loud", "")
	require.EqualError(t, err, `LOG_LEVEL="loud": expected debug, info, warn or error`)
	_, err = NewLogger(file, "", "xml")
	require.EqualError(t, err, `LOG_FORMAT="xml": expected text or json`)
}

func TestRetryLogsAndWaits(t *testing.T) {
	log, logged := newLog()
	attempts := 0
	err := Retry(t.Context(), log, "Postgres at db:5432", func(context.Context) error {
		if attempts++; attempts < 3 {
			return errors.New("cannot connect to postgres://app:hunter2@db:5432/x: connection refused")
		}
		return nil
	})
	require.NoError(t, err)
	require.Contains(t, logged.String(), "waiting for Postgres at db:5432: cannot connect to postgres://***@db:5432/x: connection refused; will retry")
	require.Equal(t, 1, strings.Count(logged.String(), "will retry"), "the same failure is logged once")
	require.Contains(t, logged.String(), "Postgres at db:5432 is available")
	require.NotContains(t, logged.String(), "hunter2")
}

func TestRetryStopsWhenContextIsDone(t *testing.T) {
	log, _ := newLog()
	ctx, cancel := context.WithCancelCause(t.Context())
	err := Retry(ctx, log, "Redis", func(context.Context) error {
		cancel(errors.New("told to stop"))
		return errors.New("refused")
	})
	require.EqualError(t, err, "gave up waiting for Redis: told to stop (last: refused)")
}

func TestRetryReturnsPermanentErrors(t *testing.T) {
	log, _ := newLog()
	err := Retry(t.Context(), log, "Redis at r:1", func(context.Context) error {
		return fmt.Errorf("hello: %w", Permanent(errors.New("WRONGPASS password=x")))
	})
	require.EqualError(t, err, "Redis at r:1: hello: WRONGPASS password=***")
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		`parse "redis://:p@ss@host:1/0": bad`:           `parse "redis://***@host:1/0": bad`,
		`postgres://u:p%40@h/d?password=secret&a=b`:     `postgres://***@h/d?password=***&a=b`,
		`host=h password='a b' user=u`:                  `host=h password=*** user=u`,
		`invalid port ":p/a@b@h" in "redis://:p/a@b@h"`: `invalid port ":p/a@b@h" in "redis://***@h"`,
		`see https://example.com/a and user@example`:    `see https://example.com/a and user@example`,
	} {
		require.Equal(t, want, Redact(in))
	}
}

func TestFirstSignalDrainsSecondExits(t *testing.T) {
	log, _ := newLog()
	exited := make(chan int, 1)
	ctx, stop := signals(t.Context(), log, time.Hour, func(code int) { exited <- code })
	defer stop()
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM))
	<-ctx.Done()
	require.ErrorContains(t, context.Cause(ctx), "terminated")
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGINT))
	require.Equal(t, 128+int(syscall.SIGINT), <-exited)
}

func TestDrainingHasADeadline(t *testing.T) {
	log, _ := newLog()
	exited := make(chan int, 1)
	ctx, stop := signals(t.Context(), log, time.Millisecond, func(code int) { exited <- code })
	defer stop()
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM))
	<-ctx.Done()
	require.Equal(t, 1, <-exited)
}

func TestPrivatePort(t *testing.T) {
	log, _ := newLog()
	registry := prometheus.NewRegistry()
	require.NoError(t, RegisterBuild(registry))
	ready := errors.New("waiting for redis://:hunter2@r:1")
	private, err := ServePrivate(log, "127.0.0.1:0", nil, Health{Ready: func() error { return ready }}, registry)
	require.NoError(t, err)

	status, body := get(t, private, "/livez")
	require.Equal(t, 200, status)
	require.Equal(t, "ok\n", body)
	status, body = get(t, private, "/readyz")
	require.Equal(t, 503, status)
	require.Equal(t, "waiting for redis://***@r:1\n", body)
	ready = nil
	status, _ = get(t, private, "/readyz")
	require.Equal(t, 200, status)
	_, body = get(t, private, "/metrics")
	require.Contains(t, body, `orgmodes_build_info{`)
	_, body = get(t, private, "/debug/pprof/")
	require.Contains(t, body, "goroutine")
	_, body = get(t, private, "/version")
	require.Contains(t, body, `"version":"dev"`)

	_, err = ServePrivate(log, private.Addr(), nil, Health{}, registry)
	require.ErrorContains(t, err, "address already in use")
	require.NoError(t, private.Close())
	http.DefaultClient.CloseIdleConnections()
}

func get(t *testing.T, p *PrivateServer, path string) (int, string) {
	t.Helper()
	response, err := http.Get("http://" + p.Addr() + path)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}
