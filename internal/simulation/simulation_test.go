package simulation

import (
	"flag"
	"fmt"
	"hash/fnv"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"orgmodes/internal/prove"
)

var (
	seed         = flag.Uint64("seed", 1, "the first seed")
	schedules    = flag.Int("schedules", 0, "how many seeds to run; 0 means as many as the tests have time for")
	parallelRuns = flag.Int("abreast", 2, "how many at once")
)

// outcome is the result of a run.
type outcome struct {
	violations []string
	events     []string
	trace      uint64
	polls      int
	fresh      int
}

// run runs one schedule from its seed.
func run(t *testing.T, seed uint64) (out outcome) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, seed)
		w.startAdmins()
		w.actors.Go(w.injectFaults)
		for _, e := range w.editors {
			w.actors.Go(func() { w.runEditor(e) })
		}
		time.Sleep(chaosDuration + calmDuration)
		w.checkFinalState()
		w.stop()
		w.actors.Wait()
		for _, e := range w.readers {
			e.stop()
		}
		trace := fnv.New64a()
		for _, e := range w.editors {
			fmt.Fprintln(trace, e.trace)
			out.polls += e.polls
			out.fresh += e.fresh
		}
		out.violations, out.events, out.trace = w.violations, w.events, trace.Sum64()
	})
	return out
}

// checkFinalState checks what must be true a long time after the last fault.
func (w *world) checkFinalState() {
	if !w.database.allPublished() {
		w.reportViolation("something is still unpublished")
	}
	for _, at := range w.readers {
		for _, e := range w.editors {
			got := request(at.handler, e, "")
			if !w.database.revokedAt(e.id).IsZero() {
				if got.status != 401 {
					w.reportViolation("reader %d answers %d to a revoked token", at.n, got.status)
				}
				continue
			}
			owed := w.database.revisionCommittedBy(e.org, e.document, time.Now())
			_, revision, ok := versionOf(got.etag)
			if got.status != 200 || !ok || w.database.lastChangeUpTo(e.org, e.document, revision) != owed || !got.isFresh() {
				w.reportViolation("reader %d answers editor %d with %d %s %s when all is well; revision %d is due", at.n, e.n, got.status, got.etag, got.cacheStatus, owed)
			}
		}
	}
}

// Every promise holds in every schedule.
func TestSchedules(t *testing.T) {
	n := *schedules
	if n == 0 {
		n = 100
		switch {
		case prove.Enabled():
			n = 5000
		case raceEnabled || testing.Short():
			n = 5
		}
	}
	// Each run allocates a small world and drops it, so collect garbage less often.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	var polls, fresh atomic.Int64
	var g errgroup.Group
	g.SetLimit(*parallelRuns)
	for i := range n {
		g.Go(func() error {
			s := *seed + uint64(i)
			out := run(t, s)
			polls.Add(int64(out.polls))
			fresh.Add(int64(out.fresh))
			if len(out.violations) > 0 {
				if n == 1 {
					t.Log("\n" + strings.Join(out.events, "\n"))
				}
				t.Errorf("seed %d:\n  %s\nreplay it with: go test ./internal/simulation -run TestSchedules -seed=%d -schedules=1 -v",
					s, strings.Join(out.violations, "\n  "), s)
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
	t.Logf("%d schedules, %d answers, %d of them said to be fresh", n, polls.Load(), fresh.Load())
	require.Greater(t, fresh.Load(), polls.Load()/4, "readers that never say fresh keep every promise")
}

// The same seed gives the same run, so a failure can be replayed.
func TestReplay(t *testing.T) {
	n := uint64(20)
	if !prove.Enabled() && (raceEnabled || testing.Short()) {
		n = 2
	}
	for s := range n {
		first, second := run(t, 6880+s), run(t, 6880+s)
		require.Equal(t, first.trace, second.trace, "seed %d", 6880+s)
	}
}
