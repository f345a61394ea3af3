package worker

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// Whatever is rendered at once stays within the budgets, the largest library is
// rendered at all, and small ones never wait for it.
func TestRenderBudgetIsKept(t *testing.T) {
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "test"})
	b := newRenderBudget(gauge)
	leave, err := b.enter(t.Context(), 2*modes.MaxDocumentBytes, true)
	require.NoError(t, err)
	_, err = b.enter(t.Context(), modes.MaxDocumentBytes, false)
	require.ErrorIs(t, err, errNoRoom)
	waiting, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = b.enter(waiting, modes.MaxDocumentBytes, true)
	require.ErrorIs(t, err, context.Canceled)
	small, err := b.enter(t.Context(), smallLibrary, false)
	require.NoError(t, err)
	small()
	leave()

	var most, sum atomic.Int64
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			size := rand.New(rand.NewPCG(1, uint64(i))).Int64N(modes.MaxDocumentBytes)
			leave, err := b.enter(t.Context(), size, true)
			if err != nil {
				t.Error(err)
				return
			}
			now := sum.Add(size)
			for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
			}
			sum.Add(-size)
			leave()
		})
	}
	all.Wait()
	require.LessOrEqual(t, most.Load()*renderFactor, int64(smallBudget+largeBudget))
	require.Zero(t, b.inFlight.Load())
}

// A worker is broken where nothing at all is published although something is late.
func TestPublishingThatStandsStillIsUnhealthy(t *testing.T) {
	w := New(Config{})
	_, err := w.Health()
	require.ErrorContains(t, err, "not working jobs")
	w.ready.Store(true)
	w.late.Store(&postgres.Lateness{Organizations: 3, Moves: true})
	note, err := w.Health()
	require.NoError(t, err)
	require.Contains(t, note, "3 late")
	w.late.Store(&postgres.Lateness{Organizations: 3})
	_, err = w.Health()
	require.ErrorContains(t, err, "nothing was published")
	require.ErrorContains(t, err, "3 late")
}
