package web

import "github.com/maypok86/otter/v2"

// memory remembers what is dear to make and never changes for its key, within
// bounds: what is asked for most stays (W-TinyLFU).
type memory[K comparable, V any] struct{ *otter.Cache[K, V] }

// remember makes a memory of so many bytes, each value being as large as size says.
func remember[K comparable, V any](bytes int, size func(V) int) memory[K, V] {
	return memory[K, V]{otter.Must(&otter.Options[K, V]{
		MaximumWeight: uint64(bytes),                                    //nolint:gosec // of our own
		Weigher:       func(_ K, v V) uint32 { return uint32(size(v)) }, //nolint:gosec // a text of a page
	})}
}

func (m memory[K, V]) get(key K) (V, bool) { return m.GetIfPresent(key) }

func (m memory[K, V]) put(key K, value V) { m.Set(key, value) }
