package shell

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMemoryIsBounded(t *testing.T) {
	m := Remember[int](10, func(s string) int { return len(s) })
	const asked = 1000
	there := 0
	for i := range asked {
		m.Put(i+1, "xx")
		if v, ok := m.Get(0); ok {
			require.Equal(t, "xx", v)
			there++
		} else {
			m.Put(0, "xx")
		}
	}
	m.cache.CleanUp()
	require.LessOrEqual(t, m.cache.EstimatedSize(), 5)
	// Admission is randomized, so a hot entry can be evicted occasionally.
	require.Greater(t, there, asked*3/4, "hits of the hot entry")
}
