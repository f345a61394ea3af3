package web

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMemoryIsBounded(t *testing.T) {
	m := remember[int](10, func(s string) int { return len(s) })
	for i := range 1000 {
		m.put(i, "xx")
		m.get(0)
	}
	m.CleanUp()
	require.LessOrEqual(t, m.EstimatedSize(), 5)
	v, ok := m.get(0)
	require.True(t, ok, "what is asked for all the time stays")
	require.Equal(t, "xx", v)
}
