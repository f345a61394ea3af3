package loadtest

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"
	"go.uber.org/goleak"

	"orgmodes/internal/devstack"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/prove"
)

var (
	pollRates = flag.String("load.polls", "500", "requests a second, one run for each; with blanks between")
	pollFor   = flag.Duration("load.polls.for", time.Second, "for how long each run takes")
)

// bareServer is the environment variable that holds a listen address. If it is set, this
// program just answers 304 with a reader's headers. This measures the cost of the network,
// the HTTP library and the load generator alone.
const bareServer = "ORGMODES_LOADTEST_BARE"

func TestMain(m *testing.M) {
	if addr := os.Getenv(bareServer); addr != "" {
		serveBare(addr)
		return
	}
	parallelScenarios()
	// fasthttp runs a clock for Date headers, which never stops, and a goroutine that
	// cleans up a client's connections, which stops some seconds late.
	storetest.Main(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"), goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*HostClient).connsCleaner"))
}

// parallelScenarios sets how many scenarios run in parallel, unless -parallel is given.
// They wait most of the time, so the number doesn't depend on the number of cores.
func parallelScenarios() {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", "7"); err != nil {
			panic(err)
		}
	}
}

func serveBare(addr string) {
	body := make([]byte, 2048)
	server := &fasthttp.Server{NoDefaultServerHeader: true, Handler: func(ctx *fasthttp.RequestCtx) {
		h := &ctx.Response.Header
		h.Set("ETag", `"1.1.0000000000000000-gz"`)
		h.Set("Cache-Control", "private, max-age=0, stale-if-error=86400")
		h.Set("Vary", "Authorization, Accept-Encoding")
		h.Set("Cache-Status", "orgmodes; hit")
		h.Set("X-Poll-Interval", "300")
		if len(ctx.Request.Header.Peek("If-None-Match")) == 0 {
			ctx.SetBody(body)
			return
		}
		ctx.SetStatusCode(fasthttp.StatusNotModified)
	}}
	if err := server.ListenAndServe(addr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const (
	pollers = 64
	// One of every fullEvery requests has no If-None-Match and gets the full document.
	fullEvery = 100
)

// TestPollingLoad measures the time and CPU of a poll without news, compared with a server
// that does nothing else. Both get the same requests at the same rate. On a machine that
// isn't idle, only the ratios are meaningful.
func TestPollingLoad(t *testing.T) {
	prove.Long(t)
	f := newFleet(t)
	worker := f.start("worker", "")
	addr := freePort(t)
	reader := f.start("reader", addr)
	tn := f.tenant("acme")
	_, err := f.db.Modes.Create(t.Context(), operator, tn.org.ID, markedMode(tn, 1))
	require.NoError(t, err)
	e := newEditor("editor", tn, "read", tn.read, "gzip", 0)
	f.await("the reader has it", func() error {
		if p := e.poll(t.Context(), &readerInstance{url: "http://" + addr}); p.Status != http.StatusNotModified || p.Change > 1 {
			return fmt.Errorf("answered %d", p.Status)
		}
		return nil
	})
	e.client.CloseIdleConnections()
	_ = worker // keeps writing watermarks, so that the reader stays fresh

	bareAddr := freePort(t)
	bare, err := devstack.Start(devstack.Command{Path: os.Args[0], Env: append(os.Environ(), bareServer+"="+bareAddr)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = bare.Stop(syscall.SIGKILL, time.Second) })
	f.await("the bare server answers", func() error { _, err := getStatus("http://" + bareAddr); return err })

	for text := range strings.FieldsSeq(*pollRates) {
		rate, err := strconv.Atoi(text)
		require.NoError(t, err)
		path := "/api/organizations/" + tn.org.ID.String() + "/modes.yaml"
		b := pollAtRate(t, bare, "http://"+bareAddr+path, tn.read, e.tag, rate)
		r := pollAtRate(t, reader, "http://"+addr+path, tn.read, e.tag, rate)
		fmt.Printf("%d polls/s for %s, %.1f%% of them 304, %d connections\n", rate, *pollFor, 100*r.notModified, pollers)
		fmt.Printf("  bare fasthttp  %s  %.1f µs of processor each\n  reader         %s  %.1f µs\n", b.latencies, b.processor, r.latencies, r.processor)
		fmt.Printf("  reader / bare: p50 x%.2f, p99 x%.2f, processor x%.2f\n",
			ratio(r.percentile(.5), b.percentile(.5)), ratio(r.percentile(.99), b.percentile(.99)), r.processor/b.processor)
		require.InDelta(t, 0.99, r.notModified, 0.002)
	}
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(b, 1)) }

// pollResult is the result of a run.
type pollResult struct {
	latencies
	notModified float64 // share
	processor   float64 // microseconds for each request
}

func pollAtRate(t *testing.T, server *devstack.Child, url, token, tag string, rate int) pollResult {
	t.Helper()
	client := &fasthttp.Client{
		MaxConnsPerHost: pollers, NoDefaultUserAgentHeader: true, ReadTimeout: editorTimeout,
		// fasthttp's own dialer starts a goroutine that never ends.
		Dial: func(addr string) (net.Conn, error) { return (&net.Dialer{}).DialContext(t.Context(), "tcp4", addr) },
	}
	defer client.CloseIdleConnections()
	requests, full := make([]int, pollers), make([]int, pollers)
	before := processorTime(t, server.Pid())
	took, err := openLoop(rate, pollers, *pollFor, func(w int) error {
		req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(req)
		defer fasthttp.ReleaseResponse(res)
		req.SetRequestURI(url)
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Accept-Encoding", "gzip")
		want := fasthttp.StatusNotModified
		if (requests[w]*pollers+w)%fullEvery == 0 {
			want = fasthttp.StatusOK
			full[w]++
		} else {
			req.Header.Set("If-None-Match", tag)
		}
		requests[w]++
		if err := client.Do(req, res); err != nil {
			return err
		}
		if res.StatusCode() != want {
			return errors.New(res.String())
		}
		return nil
	})
	require.NoError(t, err)
	out := pollResult{latencies: took, processor: float64((processorTime(t, server.Pid()) - before).Microseconds()) / float64(len(took))}
	for w := range pollers {
		out.notModified += float64(requests[w] - full[w])
	}
	out.notModified /= float64(len(took))
	return out
}

// processorTime returns the CPU time that a process has used so far (proc(5),
// /proc/pid/stat, utime and stime, in hundredths of a second). It returns 0 if there is no
// such file.
func processorTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	// The name, which can contain spaces, ends at the last parenthesis.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var ticks int
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		require.NoError(t, err)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
