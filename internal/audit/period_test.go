package audit

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPeriodIncludesItsLastDay(t *testing.T) {
	for _, c := range []struct{ text, since, until string }{
		{"2026-05-31", "2026-05-31T00:00:00Z", "2026-06-01T00:00:00Z"},
		{"2028-02-28", "2028-02-28T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"2026-05-31T12:00:00Z", "2026-05-31T12:00:00Z", "2026-05-31T12:00:00Z"},
		{"2026-05-31T00:30:00+02:00", "2026-05-30T22:30:00Z", "2026-05-30T22:30:00Z"},
	} {
		since, err := ParseSince(c.text)
		require.NoError(t, err)
		require.Equal(t, c.since, since.Format(time.RFC3339), c.text)
		until, err := ParseUntil(c.text)
		require.NoError(t, err)
		require.Equal(t, c.until, until.Format(time.RFC3339), c.text)
	}
	none, err := ParseUntil("")
	require.NoError(t, err)
	require.Zero(t, none)
	for _, text := range []string{"2026-02-30", "yesterday", "2026-05-31 12:00", " 2026-05-31"} {
		_, err := ParseUntil(text)
		require.ErrorContains(t, err, "2026-05-01T12:00:00Z", text)
	}
}
