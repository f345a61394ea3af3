package shell

import "github.com/maypok86/otter/v2"

// Memory remembers what is dear to make and never changes for its key, within
// bounds: what is asked for most stays (W-TinyLFU).
type Memory[K comparable, V any] struct{ cache *otter.Cache[K, V] }

// Remember makes a memory of so many bytes, each value being as large as size says.
func Remember[K comparable, V any](bytes int, size func(V) int) Memory[K, V] {
	return Memory[K, V]{otter.Must(&otter.Options[K, V]{
		MaximumWeight: uint64(bytes),                                    //nolint:gosec // of our own
		Weigher:       func(_ K, v V) uint32 { return uint32(size(v)) }, //nolint:gosec // a text of a page
	})}
}

// Get returns what is remembered for a key.
func (m Memory[K, V]) Get(key K) (V, bool) { return m.cache.GetIfPresent(key) }

// Put has it remembered.
func (m Memory[K, V]) Put(key K, value V) { m.cache.Set(key, value) }
