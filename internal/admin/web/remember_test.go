package web

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMemoryIsBounded(t *testing.T) {
	m := remember[int](10, func(s string) int { return len(s) })
	const asked = 1000
	there := 0
	for i := range asked {
		m.put(i+1, "xx")
		if v, ok := m.get(0); ok {
			require.Equal(t, "xx", v)
			there++
		} else {
			m.put(0, "xx")
		}
	}
	m.CleanUp()
	require.LessOrEqual(t, m.EstimatedSize(), 5)
	// Admission is randomized, so a hot entry can be evicted occasionally.
	require.Greater(t, there, asked*3/4, "hits of the hot entry")
}
