package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/pubstore"
)

func TestMain(m *testing.M) {
	if os.Getenv("READER_TEST_IS_READER") != "" {
		os.Exit(program.Main(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
	}
	storetest.Main(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}

const keys = "TOKEN_KEYS=k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func runWith(t *testing.T, args []string, environ ...string) (code int, stdout, stderr string) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	require.NoError(t, err)
	defer f.Close()
	var out bytes.Buffer
	code = program.Main(args, environ, &out, f)
	logged, err := os.ReadFile(f.Name())
	require.NoError(t, err)
	return code, out.String(), string(logged)
}

func TestHelpAndVersion(t *testing.T) {
	for _, flag := range []string{"-h", "--help"} {
		code, out, _ := runWith(t, []string{flag})
		assert.Zero(t, code)
		for _, setting := range []string{
			"LISTEN", "PRIVATE_LISTEN", "REDIS_URL", "REDIS_PREFIX", "TOKEN_KEYS", "POLL_INTERVAL",
			"PUBLIC_CATALOG", "CACHE_BYTES", "AUTH_MAX_STALE", "CACHE_SNAPSHOT_DIR", "CACHE_SNAPSHOT_INTERVAL", "DRAIN_WAIT", "LOG_LEVEL", "LOG_FORMAT",
			"MAX_CONNECTIONS", "TRUSTED_PROXIES",
		} {
			assert.Regexp(t, `(?m)^  `+setting+`\s`, out)
		}
	}
	code, out, _ := runWith(t, []string{"--version"})
	assert.Zero(t, code)
	assert.Contains(t, out, "orgmodes reader ")
	code, _, stderr := runWith(t, []string{"serve"})
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, `"serve"`)
}

func TestInvalidSettings(t *testing.T) {
	for name, c := range map[string]struct {
		environ []string
		want    string
	}{
		"none":           {nil, "REDIS_URL: not set"},
		"no Redis":       {[]string{keys, "REDIS_URL=http://secret@x"}, "REDIS_URL"},
		"no keys":        {[]string{"REDIS_URL=redis://x", "TOKEN_KEYS=secret"}, "TOKEN_KEYS"},
		"address":        {[]string{keys, "REDIS_URL=redis://x", "LISTEN=8081"}, "LISTEN"},
		"interval":       {[]string{keys, "REDIS_URL=redis://x", "POLL_INTERVAL=10ms"}, "POLL_INTERVAL"},
		"trust":          {[]string{keys, "REDIS_URL=redis://x", "AUTH_MAX_STALE=-1s"}, "AUTH_MAX_STALE"},
		"snapshots":      {[]string{keys, "REDIS_URL=redis://x", "CACHE_SNAPSHOT_INTERVAL=1ms"}, "CACHE_SNAPSHOT_INTERVAL"},
		"canary":         {[]string{keys, "REDIS_URL=redis://x", "CANARY_ORGANIZATION=tweety"}, "CANARY_ORGANIZATION"},
		"proxies":        {[]string{keys, "REDIS_URL=redis://x", "TRUSTED_PROXIES=here"}, `TRUSTED_PROXIES: "here" is neither an address nor a network`},
		"private hosts":  {[]string{keys, "REDIS_URL=redis://x", "PRIVATE_HOSTS=reader:9081"}, `PRIVATE_HOSTS: "reader:9081" is not a host name without a port`},
		"connections":    {[]string{keys, "REDIS_URL=redis://x", "MAX_CONNECTIONS=-1"}, "MAX_CONNECTIONS"},
		"cache":          {[]string{keys, "REDIS_URL=redis://x", "CACHE_BYTES=12"}, "CACHE_BYTES"},
		"level":          {[]string{keys, "REDIS_URL=redis://x", "LOG_LEVEL=loud"}, "LOG_LEVEL"},
		"catalog absent": {[]string{keys, "REDIS_URL=redis://x", "PUBLIC_CATALOG=/nowhere"}, "PUBLIC_CATALOG"},
	} {
		code, _, stderr := runWith(t, nil, c.environ...)
		assert.Equal(t, 2, code, name)
		assert.Contains(t, stderr, c.want, name)
		assert.NotContains(t, stderr, "secret", name)
	}
}

// The reader must not link the code that stores or produces documents.
func TestReaderDoesNotLinkStorage(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	for dep := range strings.Lines(string(out)) {
		for _, forbidden := range []string{
			"jackc/", "riverqueue/", "html/template", "orgmodes/internal/modes", "orgmodes/internal/render",
			"orgmodes/internal/postgres", "orgmodes/internal/admin", "orgmodes/internal/worker", "orgmodes/internal/jobs",
			"gopkg.in/yaml", "dop251/goja", "argon2", "spf13/cobra", "orgmodes/internal/devstack",
		} {
			assert.NotContains(t, dep, forbidden)
		}
	}
}

// The process waits for Redis to be filled and logs that, then serves. On SIGTERM it drains:
// it first reports not ready while it still serves.
func TestServeDrainExit(t *testing.T) {
	redis := storetest.Redis(t)
	public, private := freeAddress(t), freeAddress(t)
	logFile, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer logFile.Close()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(exe)
	cmd.Env = []string{
		"READER_TEST_IS_READER=1", keys, "REDIS_URL=" + redis.URL, "LISTEN=" + public, "PRIVATE_LISTEN=" + private,
		"DRAIN_WAIT=2s", "POLL_INTERVAL=30s",
	}
	cmd.Stdout, cmd.Stderr = logFile, logFile
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() { _ = cmd.Process.Kill() }()
	logged := func() string {
		b, err := os.ReadFile(logFile.Name())
		require.NoError(t, err)
		return string(b)
	}

	status := func(addr, path string) int {
		client := http.Client{Timeout: storetest.WaitTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
		res, err := client.Get("http://" + addr + path)
		if err != nil {
			return 0
		}
		defer res.Body.Close()
		_, _ = io.Copy(io.Discard, res.Body)
		return res.StatusCode
	}
	eventually := func(addr, path string, want int) {
		t.Helper()
		require.Eventually(t, func() bool { return status(addr, path) == want }, storetest.WaitTimeout, 10*time.Millisecond, logged)
	}
	eventually(private, "/livez", 200)
	assert.Equal(t, 503, status(private, "/readyz"))
	assert.Equal(t, 503, status(private, "/startupz"))
	require.Eventually(t, func() bool { return strings.Contains(logged(), "has not been filled") }, storetest.WaitTimeout, 10*time.Millisecond)

	store, err := pubstore.Open(redis.URL, pubstore.Options{Timeout: storetest.WaitTimeout})
	require.NoError(t, err)
	defer store.Close()
	rec, _, err := store.BeginReconcile(t.Context(), 1)
	require.NoError(t, err)
	_, err = store.FinishReconcile(t.Context(), rec, 1)
	require.NoError(t, err)
	eventually(private, "/readyz", 200)
	eventually(private, "/startupz", 200)
	assert.Equal(t, 200, status(public, "/api/marketplace/modes"))
	assert.Equal(t, 200, status(private, "/metrics"))
	assert.Equal(t, 404, status(public, "/metrics"))

	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	eventually(private, "/readyz", 503)
	assert.Equal(t, 200, status(public, "/api/marketplace/modes"), "it still serves")
	assert.Equal(t, 200, status(private, "/livez"))
	require.NoError(t, <-ended, logged())
	assert.NotContains(t, logged(), "AAAA")
}

func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	return ln.Addr().String()
}
