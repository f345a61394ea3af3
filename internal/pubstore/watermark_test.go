package pubstore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

func TestWatermarkIsLoggedWithExclusions(t *testing.T) {
	r, s := filled(t)
	start, _, err := s.LogTail(t.Context())
	require.NoError(t, err)
	at := time.UnixMicro(1_700_000_000_000_123).UTC()
	for i, m := range []pubstore.Watermark{
		{AsOf: at},
		{
			AsOf:          at.Add(time.Second),
			Organizations: map[string]time.Time{acme: at, other: at.Add(-time.Hour)},
			Tokens:        map[token.Hash]time.Time{token.HashOf(nil): at},
		},
	} {
		out, err := s.PublishWatermark(t.Context(), 1, m)
		require.NoError(t, err)
		require.Equal(t, pubstore.Published, out.Status)
		got, err := s.ReadLog(t.Context(), start+int64(i), time.Millisecond)
		require.NoError(t, err)
		require.Equal(t, []pubstore.Entry{{N: out.N, Kind: pubstore.EntryWatermark, Incarnation: 1, Watermark: m}}, got)
	}
	// A watermark made under another incarnation does not apply to this Redis.
	for _, incarnation := range []int64{0, 2} {
		out, err := s.PublishWatermark(t.Context(), incarnation, pubstore.Watermark{AsOf: at})
		require.NoError(t, err)
		require.Equal(t, pubstore.Fenced, out.Status)
	}
	r.FlushAll()
	out, err := s.PublishWatermark(t.Context(), 1, pubstore.Watermark{AsOf: at})
	require.NoError(t, err)
	require.Equal(t, pubstore.Fenced, out.Status)
}

// A watermark that was logged before another Redis took over does not apply to the current
// one.
func TestTailIgnoresWatermarksOfOtherIncarnations(t *testing.T) {
	_, s := filled(t)
	at := time.UnixMicro(1_700_000_000_000_123).UTC()
	_, watermark, err := s.Tail(t.Context())
	require.NoError(t, err)
	require.Nil(t, watermark)
	out, err := s.PublishWatermark(t.Context(), 1, pubstore.Watermark{AsOf: at})
	require.NoError(t, err)
	position, watermark, err := s.Tail(t.Context())
	require.NoError(t, err)
	require.Equal(t, pubstore.Position{Incarnation: 1, N: out.N}, position)
	require.Equal(t, &pubstore.Watermark{AsOf: at}, watermark)
	fill(t, s, 2)
	position, watermark, err = s.Tail(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2, position.Incarnation)
	require.Nil(t, watermark)
}
