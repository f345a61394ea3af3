package worker

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// Rendering takes memory in proportion to the library: its rows, one representation at a
// time, and all of them compressed. So concurrent renders are limited by bytes, not by
// number. There are two budgets, so that small libraries never wait for large ones. Together
// with the rest of the program they stay below 512 MiB (see MemoryLimit), even with the
// largest library that is allowed.
const (
	// maxSmallLibraryBytes is the largest size of a small library, in bytes of text.
	maxSmallLibraryBytes = 512 << 10
	// renderFactor is the most memory that a byte of a library takes while it is rendered,
	// in bytes: twice as a row, twice as a representation that grows, and four
	// representations in three codings, of which none is longer than the text.
	renderFactor = 16
	// renderFloor is the memory that the smallest library takes, in bytes: compressors,
	// mostly.
	renderFloor = 1 << 20

	smallBudget = 64 << 20
	largeBudget = 144 << 20
)

// MemoryLimit is the soft limit that cmd/worker gives the Go runtime, in bytes. The garbage
// collector works harder as the heap approaches it.
const MemoryLimit = 448 << 20

// renderBudget admits publications by the memory that they take.
type renderBudget struct {
	small, large *semaphore.Weighted
	inFlight     atomic.Int64
	gauge        interface{ Set(float64) }
}

func newRenderBudget(gauge interface{ Set(float64) }) *renderBudget {
	return &renderBudget{small: semaphore.NewWeighted(smallBudget), large: semaphore.NewWeighted(largeBudget), gauge: gauge}
}

func isLarge(library int64) bool { return library > maxSmallLibraryBytes }

// renderCost returns the memory that a library of so many bytes takes while it is rendered.
// It is at most the large budget, so that the largest libraries are admitted, alone.
func renderCost(library int64) int64 {
	return min(renderFloor+renderFactor*library, largeBudget)
}

// errNoCapacity means that a publication would have to wait, but must not.
var errNoCapacity = fmt.Errorf("%w: too much is being rendered", errDeferred)

// acquire waits, first come, first served, until there is memory to render a library;
// release frees that memory. Without wait, it returns errNoCapacity instead of waiting.
func (b *renderBudget) acquire(ctx context.Context, library int64, wait bool) (release func(), err error) {
	cost, sem := renderCost(library), b.small
	if isLarge(library) {
		sem = b.large
	}
	if !sem.TryAcquire(cost) {
		if !wait {
			return nil, errNoCapacity
		}
		if err := sem.Acquire(ctx, cost); err != nil {
			return nil, errors.Join(context.Cause(ctx), err)
		}
	}
	b.gauge.Set(float64(b.inFlight.Add(cost)))
	return func() {
		b.gauge.Set(float64(b.inFlight.Add(-cost)))
		sem.Release(cost)
	}, nil
}
