package transfer_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/fault"
	"orgmodes/internal/upload"
)

const sixModes = `
- {slug: new, name: New, roleDefinition: r, groups: []}
- {slug: docs, name: Docs, roleDefinition: r, groups: []}
- {slug: same, name: Same, roleDefinition: r, groups: []}
- {slug: bad, name: Bad, groups: []}
- {slug: NEW, name: Second, roleDefinition: r, groups: []}
- {slug: docs-2, name: Docs two, roleDefinition: r, groups: []}
`

func TestInvalidChoicesAreRefused(t *testing.T) {
	db, org := newLibrary(t)
	ofModes, err := transfer.NewModeImport(t.Context(), db, org, []upload.File{{Data: []byte(sixModes)}})
	require.NoError(t, err)
	ofTemplates, err := transfer.NewTemplateImport(t.Context(), db, org, []upload.File{{Data: []byte(`[{"name": "A", "permission_mode": "plan"}]`)}})
	require.NoError(t, err)
	for _, c := range []struct {
		in              *transfer.Import
		choices         transfer.Choices
		pointer, detail string
	}{
		{ofModes, transfer.ModeChoices{Collision: "perhaps"}, "/collision", `"perhaps" is not one of overwrite, skip, keep_both`},
		{ofModes, transfer.ModeChoices{BySlug: map[string]string{"new": ""}}, "/by_slug/new", `"" is not one of overwrite, skip, keep_both`},
		{ofModes, transfer.ModeChoices{BySlug: map[string]string{"unknown": "skip"}}, "/by_slug/unknown", `there is no mode with the slug "unknown" in this file`},
		{ofModes, transfer.ModeChoices{Slugs: []string{"new", "unknown"}}, "/slugs/1", `there is no mode with the slug "unknown" in this file`},
		{ofModes, transfer.ModeChoices{Indexes: []int{6}}, "/indexes/0", "there is no mode 6 in this file; it has 6, counted from 0"},
		{ofTemplates, transfer.TemplateChoices{OnConflict: "overwrite"}, "/on_conflict", `"overwrite" is not one of skip, replace, rename`},
		{ofTemplates, transfer.TemplateChoices{ByName: map[string]string{"A": ""}}, "/by_name/A", `"" is not one of skip, replace, rename`},
		{ofTemplates, transfer.TemplateChoices{ByName: map[string]string{"b/c": "skip"}}, "/by_name/b~1c", `there is no template with the name "b/c" in these files`},
		{ofTemplates, transfer.TemplateChoices{ByIndex: map[int]string{0: "x"}}, "/by_index/0", `"x" is not one of skip, replace, rename`},
		{ofTemplates, transfer.TemplateChoices{ByIndex: map[int]string{1: "skip"}}, "/by_index/1", "there is no template 1 in these files; they have 1, counted from 0"},
		{ofTemplates, transfer.TemplateChoices{Only: []int{0, -1}}, "/only/1", "there is no template -1 in these files; they have 1, counted from 0"},
	} {
		for _, dry := range []bool{true, false} {
			_, err := c.in.Run(t.Context(), tester, transfer.Options{Choices: c.choices, DryRun: dry})
			f, ok := fault.As(err)
			require.True(t, ok, "%s: %v", c.pointer, err)
			assert.Equal(t, fault.Invalid, f.Kind)
			assert.Equal(t, "invalid_choice", f.Code)
			assert.Equal(t, []fault.Field{{Pointer: c.pointer, Detail: c.detail}}, f.Fields)
		}
	}
	_, err = ofTemplates.Plan(t.Context(), transfer.TemplateChoices{ByName: map[string]string{"a": "skip"}})
	require.NoError(t, err, "capitals make no difference")
	_, err = ofModes.Plan(t.Context(), transfer.ModeChoices{BySlug: map[string]string{"Docs": "skip"}, Slugs: []string{"DOCS"}})
	require.NoError(t, err)
}
