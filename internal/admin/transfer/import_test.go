package transfer_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/fault"
	"orgmodes/internal/templates"
	"orgmodes/internal/upload"
)

// allocatedBytes returns how many bytes f allocates.
func allocatedBytes(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestModeImportParsesOnceForManyPlans(t *testing.T) {
	db := openBench(t)
	org, err := db.CreateOrganization(t.Context(), tester, "acme", "Acme")
	require.NoError(t, err)
	files := []upload.File{{Data: modesFile(500)}}

	var in *transfer.Import
	read := allocatedBytes(func() { in, err = transfer.NewModeImport(t.Context(), db, org.ID, files) })
	require.NoError(t, err)
	toPlan := allocatedBytes(func() {
		for _, c := range []transfer.ModeChoices{{}, {Indexes: []int{1, 2}}} {
			outline, err := in.Outline(t.Context(), c)
			require.NoError(t, err)
			require.Len(t, outline.Items, 500)
		}
		plan, err := in.Plan(t.Context(), transfer.ModeChoices{})
		require.NoError(t, err)
		require.Equal(t, transfer.Summary{Create: 500}, plan.Summary)
	})
	assert.Less(t, toPlan, read, "bytes allocated")

	outline, err := in.Outline(t.Context(), transfer.ModeChoices{Indexes: []int{1, 2}})
	require.NoError(t, err)
	assert.Equal(t, transfer.Summary{Create: 2, Skip: 498}, outline.Summary)
	dry, err := importModes(t.Context(), db, tester, org.ID, files, dryRunOptions(transfer.ModeChoices{}))
	require.NoError(t, err)
	plan, err := in.Plan(t.Context(), transfer.ModeChoices{})
	require.NoError(t, err)
	assert.Equal(t, dry, plan)
}

// TestRefusedImportDoesNotParseAgain: an import is refused because the library has
// changed, and is planned for the current library. It parses its files only once.
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
	stale := func(t *testing.T, plan *transfer.Plan, err error) {
		t.Helper()
		var refused *transfer.RejectedError
		require.ErrorAs(t, err, &refused)
		require.True(t, fault.Is(err, fault.Stale), "%v", err)
		require.Equal(t, plan, refused.Plan)
	}
	const never = 1 << 40
	t.Run("modes", func(t *testing.T) {
		read := allocatedBytes(func() { _, err = transfer.ReadModes(t.Context(), ofModes) })
		require.NoError(t, err)
		var plan *transfer.Plan
		refused := allocatedBytes(func() {
			plan, err = importModes(t.Context(), db, tester, org.ID, ofModes, transfer.Options{Choices: transfer.ModeChoices{}, ExpectedRevision: never})
		})
		stale(t, plan, err)
		require.Equal(t, transfer.Summary{Create: 500}, plan.Summary)
		assert.Less(t, refused, read*8/5, "bytes allocated: a plan takes a quarter of what parsing does")
	})
	t.Run("templates", func(t *testing.T) {
		read := allocatedBytes(func() { _, err = transfer.ReadTemplates(t.Context(), ofTemplates, db.Tools) })
		require.NoError(t, err)
		var plan *transfer.Plan
		refused := allocatedBytes(func() {
			plan, err = importTemplates(t.Context(), db, tester, org.ID, ofTemplates, transfer.Options{Choices: transfer.TemplateChoices{}, ExpectedRevision: never})
		})
		stale(t, plan, err)
		require.Equal(t, 200, plan.Summary.Create)
		assert.Less(t, refused, read*8/5, "bytes allocated: a plan takes a quarter of what parsing does")
	})
}

// modesFile returns a file of count modes with prompts of 2 KB.
func modesFile(count int) []byte {
	var text strings.Builder
	text.WriteString("customModes:\n")
	for i := range count {
		fmt.Fprintf(&text, "  - {slug: m%d, name: M, roleDefinition: %q, groups: [read]}\n", i, strings.Repeat("Be brief. ", 200))
	}
	return []byte(text.String())
}

func TestImportFailurePointsIntoFile(t *testing.T) {
	db, org := newLibrary(t)
	good := "customModes:\n- {slug: good, name: Good, roleDefinition: r, groups: []}\n"
	bad := "modes:\n- {slug: same, name: Same, roleDefinition: r, groups: []}\n- slug: bad\n  name: Bad\n  roleDefinition: r\n  groups: []\n  permissionTemplate: Nobody's\n"
	_, err := importModes(t.Context(), db, tester, org, []upload.File{{Data: []byte("- {slug: same, name: Same, roleDefinition: r, groups: []}")}}, optionsFor(transfer.ModeChoices{}))
	require.NoError(t, err)
	_, err = importModes(t.Context(), db, tester, org, []upload.File{{Name: "bad.yaml", Data: []byte(bad)}, {Name: "good.yaml", Data: []byte(good)}}, optionsFor(transfer.ModeChoices{}))
	f, ok := fault.As(err)
	require.True(t, ok, "%v", err)
	require.Len(t, f.Fields, 1)
	assert.Equal(t, "/modes/1/permissionTemplate", f.Fields[0].Pointer)
	assert.Contains(t, f.Fields[0].Detail, `bad.yaml: This organization has no permission template "Nobody's"`)
	assert.Equal(t, []int{7, 23}, []int{f.Fields[0].Line, f.Fields[0].Column})
	all, err := db.Modes.List(t.Context(), org)
	require.NoError(t, err)
	assert.Len(t, all, 1, "all or nothing")
}
