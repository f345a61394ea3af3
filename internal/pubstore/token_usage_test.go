package pubstore_test

import (
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/token"
)

func newUsage(n int, at time.Time) map[token.Hash]time.Time {
	uses := map[token.Hash]time.Time{}
	for i := range n {
		var h token.Hash
		binary.BigEndian.PutUint32(h[:], uint32(i))
		uses[h] = at.Add(time.Duration(i) * time.Second)
	}
	return uses
}

// Recorded uses are delivered once, even if a worker fails in between.
func TestUsageIsDrainedOnce(t *testing.T) {
	_, s := filled(t)
	took := func() map[token.Hash]time.Time {
		all := map[token.Hash]time.Time{}
		require.NoError(t, s.DrainUsage(t.Context(), func(page map[token.Hash]time.Time) error {
			for h, at := range page {
				all[h] = at
			}
			return nil
		}))
		return all
	}
	require.Empty(t, took(), "no use was recorded")

	first := newUsage(2500, time.Unix(1_700_000_000, 0))
	require.NoError(t, s.RecordUsage(t.Context(), first))
	died := errors.New("died")
	require.ErrorIs(t, s.DrainUsage(t.Context(), func(map[token.Hash]time.Time) error { return died }), died)
	later := newUsage(1, time.Unix(1_700_009_000, 0))
	require.NoError(t, s.RecordUsage(t.Context(), later))

	require.Equal(t, first, took(), "what the failed one had drained is delivered again")
	require.Equal(t, later, took(), "then what was recorded since")
	require.Empty(t, took())
	require.NoError(t, s.RecordUsage(t.Context(), nil))
	require.Empty(t, took())
}
