package loadtest

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack"
	"orgmodes/internal/modes"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/render"
)

var (
	stormModes = flag.Int("storm.modes", 60, "how many modes of 15 KB the storm's library has; 500 are about as much as is allowed")
	stormQuiet = flag.Bool("storm.quiet", false, "the machine does nothing else: hold the storm to its times")
)

const (
	stormModeBytes = 15_000
	stormPatches   = 30
	stormPace      = 60 * time.Millisecond
	// Limits on a quiet machine.
	stormPublished = 10 * time.Second
	stormNeighbor  = time.Second
	// stormMemory is the maximum memory of a worker with the largest library, in MiB.
	stormMemory = 512
	// stormPatience is the maximum time on a busy machine.
	stormPatience = 10 * time.Minute
)

// randomWords returns about n bytes of words that compress badly.
func randomWords(rng *rand.Rand, n int) string {
	var b strings.Builder
	for b.Len() < n {
		for range 2 + rng.IntN(9) {
			b.WriteByte(byte('a' + rng.IntN(26)))
		}
		b.WriteByte(" \n"[rng.IntN(12)/11])
	}
	return strings.TrimSpace(b.String()) + "."
}

func stormMode(rng *rand.Rand, i int) modes.Mode {
	return modes.Mode{Slug: fmt.Sprintf("storm-%d", i), Name: fmt.Sprintf("Storm %d", i), Config: modes.Config{
		RoleDefinition: "You are one of many.", CustomInstructions: randomWords(rng, stormModeBytes), Groups: []modes.Group{{Name: "read"}},
	}}
}

// fillForStorm imports a library of n modes through the API.
func (f *fleet) fillForStorm(tn tenant, n int) {
	f.t.Helper()
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	own := make([]modes.Mode, n)
	for i := range own {
		own[i] = stormMode(rng, i)
	}
	url := f.admin + "/api/v1/organizations/" + tn.org.Slug + "/modes/import"
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, url, bytes.NewReader(modes.WriteYAML(own, "")))
	require.NoError(f.t, err)
	req.Header.Set("Authorization", "Bearer "+tn.write)
	req.Header.Set("Content-Type", "text/yaml")
	res, err := http.DefaultClient.Do(req)
	require.NoError(f.t, err)
	require.NoError(f.t, res.Body.Close())
	require.Equal(f.t, http.StatusOK, res.StatusCode)
}

// patchInAStorm changes n of the modes in quick succession.
func (f *fleet) patchInAStorm(tn tenant, n int) {
	f.t.Helper()
	rng := rand.New(rand.NewPCG(2, uint64(n)))
	base := f.admin + "/api/v1/organizations/" + tn.org.Slug + "/modes/"
	tick := time.NewTicker(stormPace)
	defer tick.Stop()
	for i := range n {
		<-tick.C
		m := stormMode(rng, i)
		body, err := json.Marshal(map[string]any{"slug": m.Slug, "name": m.Name, "config": m.Config})
		require.NoError(f.t, err)
		f.await("the change is made", func() error {
			_, etag, err := f.call(f.t.Context(), http.MethodGet, base+m.Slug, tn.write, "", nil)
			if err != nil {
				return err
			}
			status, _, err := f.call(f.t.Context(), http.MethodPut, base+m.Slug, tn.write, etag, body)
			if err == nil && status >= 300 {
				err = fmt.Errorf("%s answered %d", m.Slug, status)
			}
			return err
		})
	}
}

// neighbor keeps changing an organization until ctx is done, and measures how long each
// change takes from its answer to Redis.
func (f *fleet) neighbor(ctx context.Context, tn tenant, store *pubstore.Store) (changes int, slowest time.Duration) {
	w := newWriter(f.admin, tn)
	defer w.client.CloseIdleConnections()
	for ctx.Err() == nil {
		if c := w.change(ctx); c.Acknowledged.IsZero() {
			continue
		}
		start := time.Now()
		revision, err := f.db.Revision(ctx, tn.org.ID)
		for err == nil {
			var v map[string]pubstore.Version
			if v, _, err = store.Versions(ctx, []string{tn.org.ID.String()}); err != nil || v[tn.org.ID.String()].Revision >= revision {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if err == nil {
			changes, slowest = changes+1, max(slowest, time.Since(start))
		} else if ctx.Err() == nil {
			f.t.Errorf("the neighbor: %v", err)
			return changes, slowest
		}
		time.Sleep(50 * time.Millisecond)
	}
	return changes, slowest
}

// storm imports a large library and changes it in quick succession while a neighbor changes
// its own. Everything must be published, and the neighbor's changes without delay.
func storm(s *stage) {
	store, err := pubstore.Open(s.redis.URL, pubstore.Options{Prefix: s.prefix, Timeout: 5 * time.Second})
	require.NoError(s.t, err)
	defer func() { _ = store.Close() }()
	big, small := s.tenant("big"), s.tenant("small")
	s.faultBegan()
	ctx, stop := context.WithCancel(s.t.Context())
	defer stop()
	var neighbors sync.WaitGroup
	var changes int
	var slowest time.Duration
	neighbors.Go(func() { changes, slowest = s.neighbor(ctx, small, store) })

	before := s.workersCPU()
	began := time.Now()
	s.fillForStorm(big, *stormModes)
	imported := time.Now()
	s.patchInAStorm(big, stormPatches)
	start := time.Now()
	revision, err := s.db.Revision(s.t.Context(), big.org.ID)
	require.NoError(s.t, err)
	s.awaitWithin(stormPatience, "the storm is published", func() error {
		v, _, err := store.Versions(s.t.Context(), []string{big.org.ID.String()})
		if got := v[big.org.ID.String()]; err == nil && got.Revision < revision {
			err = fmt.Errorf("revision %d of %d is published", got.Revision, revision)
		}
		return err
	})
	published := time.Since(start)
	spent := s.workersCPU() - before
	s.awaitWithin(stormPatience, "the reader has it", func() error {
		body, res, err := get(s.t.Context(), big.modesYAMLURL(s.readers[0].url), big.read, "")
		if err == nil && (res.StatusCode != http.StatusOK || len(body) < *stormModes*stormModeBytes) {
			err = fmt.Errorf("%s, %d bytes", res.Status, len(body))
		}
		return err
	})
	stop()
	neighbors.Wait()
	s.faultEnded()
	s.sameAsPostgres(big, store)

	peak := 0
	for _, w := range s.workers {
		peak = max(peak, memory(s.t, w, "VmHWM"))
	}
	fmt.Printf("\nstorm: %d modes imported in %.1f s, %d changes in %.1f s; all published %.1f s after the last one\n"+
		"storm: a neighbor's %d changes took at most %.2f s each; workers: %.1f s of CPU, at most %d MiB resident\n",
		*stormModes, imported.Sub(began).Seconds(), stormPatches, start.Sub(imported).Seconds(), published.Seconds(),
		changes, slowest.Seconds(), spent.Seconds(), peak>>10)
	require.Positive(s.t, changes)
	// A worker's memory doesn't depend on how busy the machine is.
	require.Less(s.t, peak>>10, stormMemory, "MiB resident")
	if *stormQuiet {
		require.Less(s.t, published, stormPublished, "all published")
		require.Less(s.t, slowest, stormNeighbor, "a neighbor's change")
	}
}

// sameAsPostgres compares a tenant's published documents with Postgres.
func (f *fleet) sameAsPostgres(tn tenant, store *pubstore.Store) {
	f.t.Helper()
	own, err := f.db.Modes.List(f.t.Context(), tn.org.ID)
	require.NoError(f.t, err)
	shipped, err := f.db.Templates.List(f.t.Context(), tn.org.ID)
	require.NoError(f.t, err)
	now, err := f.db.Organization(f.t.Context(), tn.org.Slug)
	require.NoError(f.t, err)
	published, err := store.Document(f.t.Context(), tn.org.ID.String())
	require.NoError(f.t, err)
	require.Equal(f.t, now.Revision, published.Version.Revision)
	for _, want := range render.Render(render.Source{Organization: now, Modes: own, Templates: shipped, Builtins: modes.Builtins()}) {
		got, err := published.Find(want.Name).Identity()
		require.NoError(f.t, err)
		require.True(f.t, bytes.Equal(want.Body, got), "%s of %s", want.Name, tn.org.Slug)
	}
}

func (s *stage) workersCPU() (sum time.Duration) {
	for _, w := range s.workers {
		sum += processorTime(s.t, w.Pid())
	}
	return sum
}

// memory returns a field of a program's /proc/pid/status in KiB, or 0 if it is missing.
func memory(t *testing.T, c *devstack.Child, name string) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Pid()))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			require.NoError(t, err)
			return n
		}
	}
	return 0
}
