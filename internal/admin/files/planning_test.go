package files_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/files"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/templates"
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
	brought := []upload.File{{Data: modesFile(500)}}

	var planning *files.ModePlanning
	read := allocated(func() { planning, err = files.ReadModes(t.Context(), db, org.ID, brought) })
	require.NoError(t, err)
	planned := allocated(func() {
		for _, c := range []modes.Choices{{}, {Indexes: []int{1, 2}}} {
			outline, err := planning.Outline(t.Context(), c)
			require.NoError(t, err)
			require.Len(t, outline.Modes, 500)
		}
		plan, err := planning.Plan(t.Context(), modes.Choices{})
		require.NoError(t, err)
		require.Equal(t, files.Summary{Create: 500}, plan.Summary)
	})
	assert.Less(t, planned, read, "bytes allocated")

	outline, err := planning.Outline(t.Context(), modes.Choices{Indexes: []int{1, 2}})
	require.NoError(t, err)
	assert.Equal(t, files.Summary{Create: 2, Skip: 498}, outline.Summary)
	dry, err := files.ImportModes(t.Context(), db, tester, org.ID, files.Import[modes.Choices]{Files: brought, DryRun: true})
	require.NoError(t, err)
	plan, err := planning.Plan(t.Context(), modes.Choices{})
	require.NoError(t, err)
	assert.Equal(t, dry, plan)
}

// TestRefusedImportDoesNotParseAgain holds an import that is refused because the library
// has changed, and planned for the library as it is, to the cost of parsing once.
func TestRefusedImportDoesNotParseAgain(t *testing.T) {
	db := openBench(t)
	org, err := db.CreateOrganization(t.Context(), tester, "acme", "Acme")
	require.NoError(t, err)
	shipped, err := db.Templates.List(t.Context(), org.ID)
	require.NoError(t, err)
	many := make([]templates.OrganizationTemplate, 200)
	for i := range many {
		many[i] = shipped[0]
		many[i].ID, many[i].Name = uuid.New(), fmt.Sprint("Template ", i)
		many[i].DefaultSystemPrompt = new(strings.Repeat("Be brief. ", 200))
	}
	ofTemplates := []upload.File{{Data: templates.WriteEnvelopes(many, shipped[0].CreatedAt)}}
	ofModes := []upload.File{{Data: modesFile(500)}}
	stale := func(t *testing.T, plan any, err error) {
		t.Helper()
		var refused *files.RefusedError
		require.ErrorAs(t, err, &refused)
		require.True(t, fault.Is(err, fault.Stale), "%v", err)
		require.Equal(t, plan, refused.Plan)
	}
	const never = 1 << 40
	t.Run("modes", func(t *testing.T) {
		read := allocated(func() { _, err = files.Read(t.Context(), ofModes) })
		require.NoError(t, err)
		in := files.Import[modes.Choices]{Files: ofModes, Seen: never}
		var plan *files.Plan
		refused := allocated(func() { plan, err = files.ImportModes(t.Context(), db, tester, org.ID, in) })
		stale(t, plan, err)
		require.Equal(t, files.Summary{Create: 500}, plan.Summary)
		assert.Less(t, refused, read*8/5, "bytes allocated: a plan takes a quarter of what parsing does")
	})
	t.Run("templates", func(t *testing.T) {
		read := allocated(func() { _, err = files.ReadTemplates(t.Context(), ofTemplates, db.Tools) })
		require.NoError(t, err)
		in := files.Import[templates.Choices]{Files: ofTemplates, Seen: never}
		var plan *files.TemplatePlan
		refused := allocated(func() { plan, err = files.ImportTemplates(t.Context(), db, tester, org.ID, in) })
		stale(t, plan, err)
		require.Equal(t, 200, plan.Summary.Create)
		assert.Less(t, refused, read*8/5, "bytes allocated: a plan takes a quarter of what parsing does")
	})
}

// modesFile is a file of so many modes with prompts of 2 KB.
func modesFile(count int) []byte {
	var text strings.Builder
	text.WriteString("customModes:\n")
	for i := range count {
		fmt.Fprintf(&text, "  - {slug: m%d, name: M, roleDefinition: %q, groups: [read]}\n", i, strings.Repeat("Be brief. ", 200))
	}
	return []byte(text.String())
}
