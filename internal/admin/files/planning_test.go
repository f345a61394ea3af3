package files_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/files"
	"orgmodes/internal/modes"
	"orgmodes/internal/upload"
)

// allocated returns how many bytes a function allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestModesPlannedWithSeveralChoicesAreReadOnce(t *testing.T) {
	db := openBench(t)
	org, err := db.CreateOrganization(t.Context(), tester, "acme", "Acme")
	require.NoError(t, err)
	var text strings.Builder
	text.WriteString("customModes:\n")
	for i := range 500 {
		fmt.Fprintf(&text, "  - {slug: m%d, name: M, roleDefinition: %q, groups: [read]}\n", i, strings.Repeat("Be brief. ", 200))
	}
	brought := []upload.File{{Data: []byte(text.String())}}

	var planning *files.ModePlanning
	read := allocated(func() { planning, err = files.PlanModes(t.Context(), db, org.ID, brought) })
	require.NoError(t, err)
	planned := allocated(func() {
		for _, c := range []modes.Choices{{}, {Indexes: []int{1, 2}}} {
			outline, err := planning.Outline(c)
			require.NoError(t, err)
			require.Len(t, outline.Modes, 500)
		}
		plan, err := planning.Plan(modes.Choices{})
		require.NoError(t, err)
		require.Equal(t, files.Summary{Create: 500}, plan.Summary)
	})
	assert.Less(t, planned, read, "bytes allocated")

	outline, err := planning.Outline(modes.Choices{Indexes: []int{1, 2}})
	require.NoError(t, err)
	assert.Equal(t, files.Summary{Create: 2, Skip: 498}, outline.Summary)
	dry, err := files.ImportModes(t.Context(), db, tester, org.ID, files.Import[modes.Choices]{Files: brought, DryRun: true})
	require.NoError(t, err)
	plan, err := planning.Plan(modes.Choices{})
	require.NoError(t, err)
	assert.Equal(t, dry, plan)
}
