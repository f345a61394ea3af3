package admin_test

import (
	"flag"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkPages requests each page of an organization of the maximum size. It reports
// the 50th and the 95th percentile of the durations, in milliseconds. It also reports
// the CPU time of admin per request, which is independent of other load, and the size
// of the answer as sent, in bytes.
func BenchmarkPages(b *testing.B) {
	l := newLargeSite(b)
	for _, p := range l.pages() {
		b.Run(p.name, func(b *testing.B) {
			l.page(b, p.path) // fills the caches
			l.traced.take()
			var took []time.Duration
			size, before := 0, cpuTime(b)
			for b.Loop() {
				start := time.Now()
				answer := l.page(b, p.path)
				took = append(took, time.Since(start))
				size = len(answer.Response.Body())
			}
			cpu := cpuTime(b) - before
			queries := len(l.traced.take())
			slices.Sort(took)
			ms := func(share int) float64 { return float64(took[len(took)*share/100].Microseconds()) / 1e3 }
			b.ReportMetric(ms(50), "p50-ms")
			b.ReportMetric(ms(95), "p95-ms")
			b.ReportMetric(float64(cpu.Microseconds())/1e3/float64(len(took)), "cpu-ms")
			b.ReportMetric(float64(size), "bytes-sent")
			b.ReportMetric(float64(queries)/float64(len(took)), "queries")
		})
	}
}

// cpuTime returns the CPU time that this process has used.
func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

var pagesDoc = flag.String("pages.doc", "", "the file whose last part is to be written anew: docs/pages.md")

// writeDocument measures all pages and writes down their durations, and the query plans
// behind them.
func (l *largeSite) writeDocument(t *testing.T) {
	const times = 100
	data, err := os.ReadFile(*pagesDoc)
	require.NoError(t, err)
	const marker = "<!-- from here on: make pages -->\n"
	intro, _, ok := strings.Cut(string(data), marker)
	require.True(t, ok, "the file has no line %q", marker)
	out := []string{
		"| Page | p50 ms | p95 ms | kB sent | Query | Reads by | Rows | Blocks | ms |",
		"|---|--:|--:|--:|---|---|--:|--:|--:|",
	}
	for _, p := range l.pages() {
		l.page(t, p.path)
		took := make([]time.Duration, times)
		size := 0
		for i := range took {
			start := time.Now()
			size = len(l.page(t, p.path).Response.Body())
			took[i] = time.Since(start)
		}
		slices.Sort(took)
		ms := func(share int) float64 { return float64(took[times*share/100].Microseconds()) / 1e3 }
		out = append(out, l.lines(t, p, ms(50), ms(95), size)...)
	}
	var version string
	require.NoError(t, l.owner.QueryRow(t.Context(), `show server_version`).Scan(&version))
	text := intro + marker + "\n" + strings.Join(out, "\n") + "\n\n" + time.Now().UTC().Format("2 January 2006") + ", " +
		runtime.Version() + ", Postgres " + version + ", " + runtime.GOARCH + ".\n"
	require.NoError(t, os.WriteFile(*pagesDoc, []byte(text), 0o644))
}
