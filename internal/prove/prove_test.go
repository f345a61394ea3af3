package prove_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orgmodes/internal/prove"
)

func TestPropertyRunsShortFormByDefault(t *testing.T) {
	t.Setenv("ORGMODES_PROVE", "")
	runs := 0
	check := func(*rapid.T) { runs++ }
	prove.Property(t, 7, check)
	require.Equal(t, 7, runs)
	t.Setenv("ORGMODES_PROVE", "1")
	prove.Property(t, 7, check)
	all := 0
	rapid.Check(t, func(*rapid.T) { all++ })
	require.Equal(t, 7+all, runs)
}
