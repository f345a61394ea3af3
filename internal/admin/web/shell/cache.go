package shell

import "github.com/maypok86/otter/v2"

// Cache is a cache of values that are expensive to compute, bounded by their total size in
// bytes. The value for a key must always be the same. Eviction keeps frequently used values
// (W-TinyLFU). A Cache is safe for concurrent use; the zero Cache is not usable.
type Cache[K comparable, V any] struct{ cache *otter.Cache[K, V] }

// NewCache returns an empty Cache whose values have at most the given number of bytes in
// total. size returns the size of a value in bytes.
func NewCache[K comparable, V any](bytes int, size func(V) int) Cache[K, V] {
	return Cache[K, V]{otter.Must(&otter.Options[K, V]{
		MaximumWeight: uint64(bytes),
		Weigher:       func(_ K, v V) uint32 { return uint32(size(v)) },
	})}
}

// Get returns the cached value for a key and true, or the zero value and false.
func (m Cache[K, V]) Get(key K) (V, bool) { return m.cache.GetIfPresent(key) }

// Put caches a value for a key. The cache can evict it at any time.
func (m Cache[K, V]) Put(key K, value V) { m.cache.Set(key, value) }
