package shell

import "github.com/maypok86/otter/v2"

// Cache is a bounded cache of values that are expensive to compute and immutable per key.
// Eviction favors frequently used values (W-TinyLFU). It is safe for concurrent use.
type Cache[K comparable, V any] struct{ cache *otter.Cache[K, V] }

// NewCache returns a new Cache of at most the given number of bytes. size returns the size
// of a value in bytes.
func NewCache[K comparable, V any](bytes int, size func(V) int) Cache[K, V] {
	return Cache[K, V]{otter.Must(&otter.Options[K, V]{
		MaximumWeight: uint64(bytes),
		Weigher:       func(_ K, v V) uint32 { return uint32(size(v)) },
	})}
}

// Get returns the cached value for a key, if any.
func (m Cache[K, V]) Get(key K) (V, bool) { return m.cache.GetIfPresent(key) }

// Put caches a value, which can be evicted at any time.
func (m Cache[K, V]) Put(key K, value V) { m.cache.Set(key, value) }
