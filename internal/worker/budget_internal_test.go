package worker

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// Concurrent renders stay within the budgets, the largest library is rendered, and small
// ones never wait for it.
func TestRenderBudgetIsNotExceeded(t *testing.T) {
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "test"})
	b := newRenderBudget(gauge)
	release, err := b.acquire(t.Context(), 2*modes.MaxDocumentBytes, true)
	require.NoError(t, err)
	_, err = b.acquire(t.Context(), modes.MaxDocumentBytes, false)
	require.ErrorIs(t, err, errNoCapacity)
	waiting, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = b.acquire(waiting, modes.MaxDocumentBytes, true)
	require.ErrorIs(t, err, context.Canceled)
	small, err := b.acquire(t.Context(), maxSmallLibraryBytes, false)
	require.NoError(t, err)
	small()
	release()

	// Each one that was admitted stays until it receives from releaseOne, with as many
	// admitted as possible at any time.
	synctest.Test(t, func(t *testing.T) {
		b := newRenderBudget(gauge)
		const renders = 200
		var inside, entered atomic.Int64
		releaseOne := make(chan struct{})
		for i := range renders {
			go func() {
				size := rand.New(rand.NewPCG(1, uint64(i))).Int64N(modes.MaxDocumentBytes)
				release, err := b.acquire(t.Context(), size, true)
				if err != nil {
					t.Error(err)
					return
				}
				entered.Add(1)
				inside.Add(size)
				<-releaseOne
				inside.Add(-size)
				release()
			}()
		}
		for range renders {
			synctest.Wait()
			require.LessOrEqual(t, inside.Load()*renderFactor, int64(smallBudget+largeBudget))
			releaseOne <- struct{}{}
		}
		synctest.Wait()
		require.EqualValues(t, renders, entered.Load())
		require.Zero(t, b.inFlight.Load())
	})
}

// A worker is unhealthy if nothing at all is published although something is late.
func TestStalledPublishingIsUnhealthy(t *testing.T) {
	w := &Worker{Publisher: NewPublisher(PublisherConfig{})}
	_, err := w.Health()
	require.ErrorContains(t, err, "not processing jobs")
	w.ready.Store(true)
	w.lateness.Store(&postgres.Lateness{Organizations: 3, Progressing: true})
	note, err := w.Health()
	require.NoError(t, err)
	require.Contains(t, note, "3 late")
	w.lateness.Store(&postgres.Lateness{Organizations: 3})
	_, err = w.Health()
	require.ErrorContains(t, err, "nothing was published")
	require.ErrorContains(t, err, "3 late")
}
