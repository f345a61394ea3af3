package reader

import (
	"slices"

	"github.com/maypok86/otter/v2"
)

// memory holds the resident values, within a bound. Reads are concurrent; a write
// requires the lock of its shelf.
type memory[K comparable, V any] interface {
	// get returns a value, and counts as a use of it.
	get(K) (V, bool)
	// peek returns a value, and does not count as a use of it.
	peek(K) (V, bool)
	set(K, V)
	drop(K)
	keys() []K
	len() int
	close()
}

// weighed is a memory bounded by the total weight of its values. It retains the values
// used most (W-TinyLFU).
type weighed[K comparable, V any] struct{ *otter.Cache[K, V] }

func newWeighed[K comparable, V any](maximum uint64, weigh func(K, V) uint32, evicted func()) weighed[K, V] {
	return weighed[K, V]{otter.Must(&otter.Options[K, V]{
		MaximumWeight: maximum, Weigher: weigh,
		OnDeletion: func(e otter.DeletionEvent[K, V]) {
			if e.WasEvicted() {
				evicted()
			}
		},
	})}
}

func (w weighed[K, V]) get(k K) (V, bool) { return w.GetIfPresent(k) }

func (w weighed[K, V]) peek(k K) (V, bool) {
	e, ok := w.GetEntryQuietly(k)
	return e.Value, ok
}

func (w weighed[K, V]) set(k K, v V) { w.Set(k, v) }
func (w weighed[K, V]) drop(k K)     { w.Invalidate(k) }
func (w weighed[K, V]) keys() []K    { return slices.Collect(w.Keys()) }
func (w weighed[K, V]) len() int     { return w.EstimatedSize() }
func (w weighed[K, V]) close()       { w.StopAllGoroutines() }
