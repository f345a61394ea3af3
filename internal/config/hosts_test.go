package config

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseHosts(t *testing.T) {
	got, err := ParseHosts([]string{"Reader-0.internal.", " reader_1 "})
	require.NoError(t, err)
	require.Equal(t, []string{"reader-0.internal", "reader_1"}, got)
	for _, bad := range []string{"", ".", "reader:9081", "http://reader", "*", "a b", "[::1]"} {
		_, err := ParseHosts([]string{"reader", bad})
		require.ErrorContains(t, err, "is not a host name without a port", bad)
	}
}
