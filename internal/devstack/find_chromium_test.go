package devstack_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack"
)

func TestFetchChromium(t *testing.T) {
	if os.Getenv("ORGMODES_TEST_FETCH") == "" {
		t.Skip("set ORGMODES_TEST_FETCH=1 to fetch Chromium (uses the network)")
	}
	t.Setenv("ORGMODES_CHROMIUM_FROM", "apt")
	c, err := devstack.FindChromium(t.Context(), t.Logf)
	require.NoError(t, err)
	require.NotEmpty(t, c.Version)
	t.Logf("%s %s", c.Version, c.Bin)
}
