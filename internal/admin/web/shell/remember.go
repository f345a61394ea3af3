package shell

import "github.com/maypok86/otter/v2"

// Memory is a bounded cache of values that are expensive to compute and immutable per key.
// Frequently used values stay (W-TinyLFU).
type Memory[K comparable, V any] struct{ cache *otter.Cache[K, V] }

// Remember returns a new Memory of at most the given number of bytes. size returns the size
// of a value.
func Remember[K comparable, V any](bytes int, size func(V) int) Memory[K, V] {
	return Memory[K, V]{otter.Must(&otter.Options[K, V]{
		MaximumWeight: uint64(bytes),
		Weigher:       func(_ K, v V) uint32 { return uint32(size(v)) },
	})}
}

// Get returns the cached value for a key, if any.
func (m Memory[K, V]) Get(key K) (V, bool) { return m.cache.GetIfPresent(key) }

// Put caches a value.
func (m Memory[K, V]) Put(key K, value V) { m.cache.Set(key, value) }
