package shell

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCacheIsBounded(t *testing.T) {
	m := NewCache[int](10, func(s string) int { return len(s) })
	const requests = 1000
	hits := 0
	for i := range requests {
		m.Put(i+1, "xx")
		if v, ok := m.Get(0); ok {
			require.Equal(t, "xx", v)
			hits++
		} else {
			m.Put(0, "xx")
		}
	}
	m.cache.CleanUp()
	require.LessOrEqual(t, m.cache.EstimatedSize(), 5)
	// Admission is randomized, so a hot entry can be evicted occasionally.
	require.Greater(t, hits, requests*3/4, "hits of the hot entry")
}
