package templates

import (
	"encoding/json"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/imports"
	"orgmodes/internal/resource"
	"orgmodes/internal/upload"
)

// FuzzRead reads arbitrary bytes as a file. Nothing panics, a refused file has a position, and
// an accepted template is valid and survives writing and reading unchanged.
func FuzzRead(f *testing.F) {
	for _, file := range pythonFolder(f) {
		f.Add(file.Data)
	}
	f.Add(PublishedJSON(defaultOrganization()))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ReadFiles(t.Context(), []upload.File{{Name: id(1).String() + ".json", Data: data}}, Tools{})
		if err != nil {
			require.True(t, fault.Is(err, fault.TooLarge), "%v", err)
			return
		}
		var stored []OrganizationTemplate
		for _, e := range got.Entries {
			for _, p := range e.Problems {
				require.True(t, utf8.ValidString(p.Detail))
				require.True(t, p.Detail != "" && (p.Line == 0) == (p.Column == 0), "%+v", p)
			}
			if len(e.Problems) > 0 {
				continue
			}
			require.NoError(t, e.Template.Validate(Tools{}))
			require.True(t, e.Template.Equal(e.Template.Normalized()))
			stored = append(stored, e.Stored())
			file := WriteFile(e.Stored())
			require.True(t, json.Valid(file))
			again, err := ReadFile(t.Context(), file, Tools{})
			require.NoError(t, err)
			require.Len(t, again.Entries, 1)
			require.Empty(t, again.Entries[0].Problems)
			require.Equal(t, e.Stored(), again.Entries[0].Stored())
			require.Equal(t, file, WriteFile(again.Entries[0].Stored()))
		}
		if !json.Valid(data) {
			require.Empty(t, stored, "taken, and no JSON")
		}
		plan := planImport(defaultOrganization(), got, imports.ConflictPolicy{Default: imports.KeepBoth})
		requireApplicable(t, defaultOrganization(), plan)
		for _, p := range plan.Items {
			require.Equal(t, len(p.Problems) > 0, p.Action == resource.ActionInvalid)
			require.False(t, slices.Contains([]resource.Action{resource.ActionConflict, ""}, p.Action))
		}
	})
}

// FuzzTool parses arbitrary text as an allowed tool. An accepted rule formats as written,
// covers itself, and is covered by its whole tool unless the name is ambiguous.
func FuzzTool(f *testing.F) {
	for _, text := range []string{"Bash", "Bash(git status:*)", "mcp__s__*", "mcp__a__b__c", `Bash(echo "(a)" \))`, "Edit(src/**)", "Bash(a) Edit(b)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rule, err := Tools{}.Parse(text)
		if err != nil {
			require.True(t, utf8.ValidString(err.Error()))
			return
		}
		require.Equal(t, text, rule.String())
		require.True(t, rule.Covers(rule))
		whole := Rule{Tool: rule.Tool}
		if rule.Server != "" {
			whole = Rule{Server: rule.Server, Tool: "*"}
		}
		require.Equal(t, rule == whole || !rule.ambiguous(), whole.Covers(rule))
		require.Equal(t, rule == whole || rule.Server == "" && rule.wholeTool(canonicalTool(rule)), rule.Covers(whole))
	})
}
