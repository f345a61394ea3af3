package web

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMemoryIsBoundedAndKeepsWhatIsAskedFor(t *testing.T) {
	m := memory[int, string]{half: 10, size: func(s string) int { return len(s) }}
	for i := range 1000 {
		m.put(i, "xx")
		v, ok := m.get(0)
		require.True(t, ok, "what is asked for all the time stays (after %d)", i)
		require.Equal(t, "xx", v)
		require.LessOrEqual(t, len(m.young)+len(m.old), 10)
	}
	_, ok := m.get(500)
	require.False(t, ok, "what nobody asks for goes")
	m.put(0, "xxxxxxxxxxxxxxxxxxxxxxx")
	v, _ := m.get(0)
	require.Equal(t, "xx", v, "what is known stays as it is")
}
