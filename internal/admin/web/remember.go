package web

import "sync"

// memory remembers what is dear to make and never changes for its key, within
// bounds. What is asked for is among the young; when those fill their half, the old
// are forgotten and the young take their place.
type memory[K comparable, V any] struct {
	// half is what the young may take together, each as size says, in bytes.
	half int
	size func(V) int

	mu         sync.Mutex
	young, old map[K]V
	taken      int
}

func (m *memory[K, V]) get(key K) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.young[key]; ok {
		return v, true
	}
	v, ok := m.old[key]
	if ok {
		m.add(key, v)
	}
	return v, ok
}

func (m *memory[K, V]) put(key K, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.young[key]; !ok {
		m.add(key, v)
	}
}

func (m *memory[K, V]) add(key K, v V) {
	size := m.size(v)
	if m.young == nil || m.taken+size > m.half {
		m.young, m.old, m.taken = map[K]V{}, m.young, 0
	}
	m.young[key] = v
	m.taken += size
}
