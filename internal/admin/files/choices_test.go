package files_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/files"
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

func TestChoicesThatFitNoFileAreRefused(t *testing.T) {
	db, org := library(t)
	ofModes, err := files.NewModeImport(t.Context(), db, org, []upload.File{{Data: []byte(sixModes)}})
	require.NoError(t, err)
	ofTemplates, err := files.NewTemplateImport(t.Context(), db, org, []upload.File{{Data: []byte(`[{"name": "A", "permission_mode": "plan"}]`)}})
	require.NoError(t, err)
	for _, c := range []struct {
		in              *files.Import
		choices         files.Choices
		pointer, detail string
	}{
		{ofModes, files.ModeChoices{Collision: "perhaps"}, "/collision", `"perhaps" is not one of overwrite, skip, keep_both`},
		{ofModes, files.ModeChoices{BySlug: map[string]string{"new": ""}}, "/by_slug/new", `"" is not one of overwrite, skip, keep_both`},
		{ofModes, files.ModeChoices{BySlug: map[string]string{"unknown": "skip"}}, "/by_slug/unknown", `there is no mode with the slug "unknown" in this file`},
		{ofModes, files.ModeChoices{Slugs: []string{"new", "unknown"}}, "/slugs/1", `there is no mode with the slug "unknown" in this file`},
		{ofModes, files.ModeChoices{Indexes: []int{6}}, "/indexes/0", "there is no mode 6 in this file; it has 6, counted from 0"},
		{ofTemplates, files.TemplateChoices{OnConflict: "overwrite"}, "/on_conflict", `"overwrite" is not one of skip, replace, rename`},
		{ofTemplates, files.TemplateChoices{ByName: map[string]string{"A": ""}}, "/by_name/A", `"" is not one of skip, replace, rename`},
		{ofTemplates, files.TemplateChoices{ByName: map[string]string{"b/c": "skip"}}, "/by_name/b~1c", `there is no template with the name "b/c" in these files`},
		{ofTemplates, files.TemplateChoices{ByIndex: map[int]string{0: "x"}}, "/by_index/0", `"x" is not one of skip, replace, rename`},
		{ofTemplates, files.TemplateChoices{ByIndex: map[int]string{1: "skip"}}, "/by_index/1", "there is no template 1 in these files; they have 1, counted from 0"},
		{ofTemplates, files.TemplateChoices{Only: []int{0, -1}}, "/only/1", "there is no template -1 in these files; they have 1, counted from 0"},
	} {
		for _, dry := range []bool{true, false} {
			_, err := c.in.Run(t.Context(), tester, files.Options{Choices: c.choices, DryRun: dry})
			f, ok := fault.As(err)
			require.True(t, ok, "%s: %v", c.pointer, err)
			assert.Equal(t, fault.Invalid, f.Kind)
			assert.Equal(t, "invalid_choice", f.Code)
			assert.Equal(t, []fault.Field{{Pointer: c.pointer, Detail: c.detail}}, f.Fields)
		}
	}
	_, err = ofTemplates.Plan(t.Context(), files.TemplateChoices{ByName: map[string]string{"a": "skip"}})
	require.NoError(t, err, "capitals make no difference")
	_, err = ofModes.Plan(t.Context(), files.ModeChoices{BySlug: map[string]string{"Docs": "skip"}, Slugs: []string{"DOCS"}})
	require.NoError(t, err)
}
