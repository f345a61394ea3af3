package reader

import (
	"slices"

	"github.com/maypok86/otter/v2"
)

// backend holds the resident values, within a bound. Reads are concurrent; a write requires
// the lock of its cache.
type backend[K comparable, V any] interface {
	// get returns a value, and counts as a use of it.
	get(K) (V, bool)
	// peek returns a value, and does not count as a use of it.
	peek(K) (V, bool)
	set(K, V)
	remove(K)
	keys() []K
	len() int
	close()
}

// weightedBackend is a backend bounded by the total weight of its values. It retains the
// values used most (W-TinyLFU).
type weightedBackend[K comparable, V any] struct{ *otter.Cache[K, V] }

func newWeightedBackend[K comparable, V any](maximum uint64, weigh func(K, V) uint32, evicted func()) weightedBackend[K, V] {
	return weightedBackend[K, V]{otter.Must(&otter.Options[K, V]{
		MaximumWeight: maximum, Weigher: weigh,
		OnDeletion: func(e otter.DeletionEvent[K, V]) {
			if e.WasEvicted() {
				evicted()
			}
		},
	})}
}

func (w weightedBackend[K, V]) get(k K) (V, bool) { return w.GetIfPresent(k) }

func (w weightedBackend[K, V]) peek(k K) (V, bool) {
	e, ok := w.GetEntryQuietly(k)
	return e.Value, ok
}

func (w weightedBackend[K, V]) set(k K, v V) { w.Set(k, v) }
func (w weightedBackend[K, V]) remove(k K)   { w.Invalidate(k) }
func (w weightedBackend[K, V]) keys() []K    { return slices.Collect(w.Keys()) }
func (w weightedBackend[K, V]) len() int     { return w.EstimatedSize() }
func (w weightedBackend[K, V]) close()       { w.StopAllGoroutines() }
