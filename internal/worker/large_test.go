package worker_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/jobs"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/prove"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/render"
	"orgmodes/internal/worker"
)

// incompressible returns a text of n random letters.
func incompressible(rng *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + rng.IntN(26))
	}
	return string(b)
}

// fill gives an organization modes with the given instructions.
func (w *world) fill(org organization.Organization, instructions ...string) {
	w.t.Helper()
	var own []modes.Mode
	for i, text := range instructions {
		m := mode(fmt.Sprint("large-", i))
		m.Config.CustomInstructions = text
		own = append(own, m)
	}
	storetest.PutModes(w.t, w.db, ada, org.ID, own...)
}

// Large libraries wait for each other; small ones and tokens wait for none of them.
func TestLargeLibrariesDoNotDelaySmallOnes(t *testing.T) {
	prove.Long(t) // three libraries of 600 kB
	w := newWorld(t)
	var held atomic.Int64
	var most atomic.Int64
	metrics := worker.NewMetrics()
	open := make(chan struct{})
	w.startWorkerWith(worker.Config{Concurrency: 2, Metrics: metrics, Encode: func(ctx context.Context, b []byte) ([]pubstore.Encoded, error) {
		if strings.Contains(string(b), "large-0") {
			held.Add(1)
			select {
			case <-open:
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}
		if now := int64(testutil.ToFloat64(metrics.Rendering)); now > most.Load() {
			most.Store(now)
		}
		return pubstore.EncodeContext(ctx, b)
	}})
	w.waitPublished()
	// Size counts before compression; these texts take no time to compress.
	text := strings.Repeat("Large. ", 200_000/len("Large. "))
	for i := range 3 {
		org, err := w.db.CreateOrganization(t.Context(), ada, fmt.Sprint("large-", i), "Large")
		require.NoError(t, err)
		w.fill(org, text, text, text)
	}
	w.awaitFor(longTestTimeout, func() error {
		if held.Load() == 0 {
			return errors.New("no large library is being rendered")
		}
		return nil
	})
	_, hash := w.token(w.member("bob@example.com"))
	w.create("docs")
	w.awaitFor(longTestTimeout, func() error {
		d, err := w.store.Document(t.Context(), w.org.ID.String())
		if err == nil && d.Version.Revision != 2 {
			err = errors.New("the small one waits")
		}
		return err
	})
	// By its own job: the sweep would publish it, too, but later.
	w.awaitFor(testTimeout, func() error {
		if w.count(`select count(*) from river_job where queue = $1`, jobs.QueueLarge) == 0 {
			return errors.New("no large library was moved to the queue for them")
		}
		if n := w.count(unfinishedJobs, w.org.ID.String()); n > 0 {
			return fmt.Errorf("%d jobs of the small one wait", n)
		}
		return nil
	})
	w.waitRecord(hash, func(r *pubstore.Token) bool { return r.Version == 1 })
	close(open)
	w.awaitFor(longTestTimeout, w.nothingPending)
	require.Positive(t, most.Load())
	require.LessOrEqual(t, most.Load(), int64(worker.MemoryLimit)/2, "set aside for rendering")
	w.await(func() error {
		if left := testutil.ToFloat64(metrics.Rendering); left != 0 {
			return fmt.Errorf("%v bytes are still set aside", left)
		}
		return nil
	})
}

// A representation whose bytes did not change is neither compressed nor sent again, except
// for the parts that Redis has lost.
func TestUnchangedRepresentationsAreNotSentAgain(t *testing.T) {
	w := newWorld(t)
	var compressed atomic.Int64
	w.startWorkerWith(worker.Config{Encode: func(ctx context.Context, b []byte) ([]pubstore.Encoded, error) {
		if strings.Contains(string(b), "large-0") || strings.Contains(string(b), w.org.ID.String()) {
			compressed.Add(1)
		}
		return pubstore.EncodeContext(ctx, b)
	}})
	w.fill(w.org, incompressible(rand.New(rand.NewPCG(1, 2)), 100_000))
	w.waitIdle() // or another publication of the same revision would be counted
	before := w.waitPublished()
	rdb := redis.NewClient(must(redis.ParseURL(w.redis.URL)))
	t.Cleanup(func() { _ = rdb.Close() })
	received := func() (n int64) {
		info, err := rdb.Info(t.Context(), "stats").Result()
		require.NoError(t, err)
		_, rest, _ := strings.Cut(info, "total_net_input_bytes:")
		_, err = fmt.Sscan(rest, &n)
		require.NoError(t, err)
		return n
	}
	var names []string
	ts, err := w.db.Templates.List(t.Context(), w.org.ID)
	require.NoError(t, err)
	for _, x := range ts {
		names = append(names, x.Name)
	}
	require.GreaterOrEqual(t, len(names), 2)

	compressed.Store(0)
	sent := received()
	_, err = w.db.Templates.Delete(t.Context(), ada, w.org.ID, names[0], 0)
	require.NoError(t, err)
	after := w.waitPublished()
	sent = received() - sent
	require.EqualValues(t, 1, compressed.Load(), "only the templates are compressed")
	require.Less(t, sent, int64(200_000), "bytes that Redis received")
	for _, name := range []string{render.ModesJSON, render.ModesYAML, render.OrganizationYAML, render.MarketplaceYAML} {
		require.Equal(t, before.Find(name), after.Find(name), name)
	}

	w.waitIdle()
	key := "{om}:doc:" + w.org.ID.String()
	require.NoError(t, rdb.HSet(t.Context(), key, "modes.yaml:br", "cut short").Err())
	compressed.Store(0)
	_, err = w.db.Templates.Delete(t.Context(), ada, w.org.ID, names[1], 0)
	require.NoError(t, err)
	whole := w.waitPublished()
	require.Equal(t, before.Find(render.ModesYAML), whole.Find(render.ModesYAML), "it is sent whole")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// An organization that can't be published is named, and does not make the worker unhealthy.
func TestHealthNamesLateOrganization(t *testing.T) {
	w := newWorld(t)
	metrics := worker.NewMetrics()
	running := w.startWorkerWith(worker.Config{Metrics: metrics})
	w.waitPublished()
	note, err := running.Health()
	require.NoError(t, err)
	require.Empty(t, note)
	stuck, err := w.db.CreateOrganization(t.Context(), ada, "stuck", "Stuck")
	require.NoError(t, err)
	_, err = w.db.Modes.Create(t.Context(), ada, stuck.ID, mode("docs"))
	require.NoError(t, err)
	w.exec(`update organization_modes set config = '{"groups": 7}' where organization_id = $1`, stuck.ID)
	w.awaitFor(longTestTimeout, func() error {
		// A publication that had read the mode before it was broken may still succeed.
		w.exec(`update organizations set pending_since = now() - interval '1 hour', published_revision = 0 where id = $1`, stuck.ID)
		note, err := running.Health()
		if err == nil && !strings.Contains(note, stuck.ID.String()) {
			err = fmt.Errorf("the note is %q", note)
		}
		if err == nil && (testutil.ToFloat64(metrics.Late) != 1 || testutil.ToFloat64(metrics.Oldest.WithLabelValues("organization")) < 3000) {
			err = errors.New("the metrics do not show it")
		}
		return err
	})
}
