package devstack_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack"
)

func TestFetchChromium(t *testing.T) {
	if os.Getenv("ORGMODES_TEST_FETCH") == "" {
		t.Skip("set ORGMODES_TEST_FETCH=1 to fetch Chromium (uses the network)")
	}
	t.Setenv("ORGMODES_CHROMIUM", "")
	t.Setenv("ORGMODES_CHROMIUM_FROM", "apt")
	c, err := devstack.FindChromium(t.Context(), t.Logf)
	require.NoError(t, err)
	require.NotEmpty(t, c.Version)
	t.Logf("%s %s", c.Version, c.Bin)
}

// The launcher finds a browser once, and tests use it without a search, even if programs of
// the machine are to be ignored.
func TestChromiumFromVariableIsUsed(t *testing.T) {
	found := &devstack.Chromium{Program: &devstack.Program{Bin: "/cache/x/usr/lib/chromium/chromium", LibPath: "/cache/x/usr/lib"}}
	for _, pair := range found.Variables() {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	t.Setenv("ORGMODES_IGNORE_MACHINE_BINARIES", "1")
	t.Setenv("ORGMODES_CHROMIUM_FROM", "nowhere")
	c, err := devstack.FindChromium(t.Context(), func(format string, args ...any) { t.Errorf("it searched: "+format, args...) })
	require.NoError(t, err)
	require.Equal(t, found.Bin, c.Bin)
	require.Subset(t, c.Env, []string{"LD_LIBRARY_PATH=/cache/x/usr/lib", "FONTCONFIG_FILE=/cache/x/fonts.conf"})
	require.Equal(t, len(c.Env), cap(c.Env), "tests that append to it at once don't share memory")
}

func TestIgnoredMachineChromiumIsNotUsed(t *testing.T) {
	t.Setenv("ORGMODES_CHROMIUM", "")
	t.Setenv("ORGMODES_CHROMIUM_FROM", "machine")
	t.Setenv("ORGMODES_IGNORE_MACHINE_BINARIES", "1")
	_, err := devstack.FindChromium(t.Context(), t.Logf)
	require.ErrorContains(t, err, "ORGMODES_IGNORE_MACHINE_BINARIES")
}
