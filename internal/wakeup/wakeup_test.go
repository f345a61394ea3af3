package wakeup

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestInEndsOnFullSecond(t *testing.T) {
	at := func(ms int) time.Time {
		return time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond)
	}
	for ms, want := range map[int]time.Duration{
		0: 10 * time.Second, 1: 9999 * time.Millisecond, 499: 9501 * time.Millisecond, 500: 10500 * time.Millisecond, 999: 10001 * time.Millisecond,
	} {
		require.Equal(t, want, in(at(ms), 10*time.Second), "%d ms", ms)
	}
	require.Equal(t, time.Second, in(at(3), time.Second).Round(10*time.Millisecond), "a wait that follows one isn't twice as long")
	require.LessOrEqual(t, In(time.Second), 1500*time.Millisecond)
}
