package reader

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"orgmodes/internal/prove"
	"orgmodes/internal/pubstore"
)

// flood sends n different made-up tokens, each well-formed and naming our key. It
// returns the number of queries to Redis that they caused.
func flood(t testing.TB, r *Reader, org string, n int) (queries float64) {
	t.Helper()
	loads := func() float64 {
		c := r.metrics.tokenLoads
		return testutil.ToFloat64(c.ok) + testutil.ToFloat64(c.absent) + testutil.ToFloat64(c.notFilled) + testutil.ToFloat64(c.failed)
	}
	h, before := r.fiber.Server().Handler, loads()
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	value := []byte("Bearer " + renameKey(mintElsewhere(t)))
	random := rand.New(rand.NewPCG(1, 2))
	ctx := editorRequest(t, org, "")
	for range n {
		for i := len(value) - 44; i < len(value); i++ {
			value[i] = digits[random.Uint32()%62]
		}
		ctx.Response.Reset()
		ctx.Request.Header.SetBytesV("Authorization", value)
		h(ctx)
		if ctx.Response.StatusCode() != fasthttp.StatusUnauthorized {
			t.Fatalf("%s: %d", value, ctx.Response.StatusCode())
		}
	}
	return loads() - before
}

func TestForgedTokenFloodCausesNoQueriesAndNoGrowth(t *testing.T) {
	r, org, _ := newOfflineReader(t, time.Now)
	before := heapBytes()
	assert.Zero(t, flood(t, r, org, 50_000))
	after := heapBytes()
	assert.Less(t, after, before+1<<20)
}

// BenchmarkFlood measures the cost of a flood:
//
//	go test ./internal/reader -run '^$' -bench Flood -benchtime 10000000x
func BenchmarkFlood(b *testing.B) {
	r, org, _ := newOfflineReader(b, time.Now)
	flood(b, r, org, 1000)
	before := heapBytes()
	b.ReportAllocs()
	b.ResetTimer()
	queries := flood(b, r, org, b.N)
	b.StopTimer()
	after := heapBytes()
	b.Logf("%d made-up tokens: %.2f MiB of live heap before, %.2f after, %.0f queries to Redis",
		b.N, float64(before)/(1<<20), float64(after)/(1<<20), queries)
}

// A hundred thousand organizations, all resident when the reader ended, are
// loaded from disk and compared with Redis within two seconds.
func TestReadyWithAHundredThousandOrganizations(t *testing.T) {
	prove.Long(t)
	if raceEnabled {
		t.Skip("measures memory")
	}
	const organizations = 100_000
	w := newWorld(t)
	w.stop()
	opt, err := redis.ParseURL(w.redis.URL)
	require.NoError(t, err)
	client := redis.NewClient(opt)
	defer client.Close()

	dir, one := t.TempDir(), documentOf(t, "", version(1))
	one.Representations = one.Representations[:1]
	r, _, _ := newOfflineReader(t, time.Now)
	d := &disk{log: r.log, dir: dir, documents: r.documents, tokens: r.tokens, freshness: r.freshness, clock: r.clock, metrics: r.metrics}
	d.documents = newDocuments(nil, listCollections(nil), 1<<30, r.clock, r.freshness, r.metrics)
	pipe := client.Pipeline()
	for n := range organizations {
		var id organizationID
		id[0], id[1], id[2] = byte(n), byte(n>>8), byte(n>>16)
		copied := *one
		copied.Organization = id.String()
		d.documents.backend.set(modesOf(id), newDocument(&copied, 0).markVerified(1))
		pipe.HSet(t.Context(), "{om}:revs", copied.Organization, version(1).String())
		if n%1000 == 999 {
			_, err := pipe.Exec(t.Context())
			require.NoError(t, err)
		}
	}
	d.save()
	d.documents.close()

	for _, c := range []struct{ name, dir string }{{"nothing on disk", ""}, {"all on disk", dir}} {
		ready, err := New(Options{
			Log: slog.New(slog.DiscardHandler), Store: w.openStore(), LogStore: w.openStore(), Keys: w.keys,
			PollInterval: 5 * time.Minute, CacheBytes: 1 << 30, Metrics: prometheus.NewRegistry(), AuthMaxStale: 15 * time.Minute,
			SnapshotDir: c.dir, SnapshotInterval: time.Hour,
		})
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		start := time.Now()
		go func() {
			defer close(done)
			ready.Follow(ctx)
		}()
		w.eventually(func() bool { return ready.follower.syncedOnce.Load() }, "it is synced")
		took := time.Since(start)
		t.Logf("%s: synced after %v, %d documents resident", c.name, took.Round(time.Millisecond), ready.documents.backend.len())
		stop()
		<-done
		require.NoError(t, ready.Shutdown(context.Background()))
	}
}

// One unreadable version in Redis does not prevent the comparison of the others.
func TestUnreadableVersionDoesNotPreventSync(t *testing.T) {
	w := newWorld(t)
	x, y := w.newWarmOrganization(), w.newWarmOrganization()
	w.redis.Do("HSET", "{om}:revs", x.org, "damaged")
	w.fill(func(r pubstore.Reconciliation) { w.publish(y.org, 2, r) })
	w.awaitRevision(y.org, y.tok, 2)
	w.requireServed(x)
}
