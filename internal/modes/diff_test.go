package modes

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/diff"
	"orgmodes/internal/golden"
)

func TestDiff(t *testing.T) {
	before, after := sampleMode(), sampleMode()
	assert.Nil(t, Diff(before, after))
	after.Slug = "docs"
	after.Name = "Docs"
	after.Config.RoleDefinition = "You write.\n\n- Keep *it* brief.\n  Indented # not a comment\nand more\n"
	after.Config.WhenToUse = ""
	after.Config.Groups = []Group{{Name: "read"}, {Name: "mcp"}}
	after.Config.CustomInstructions = ""
	after.Config.Extra = map[string]any{
		"iconName": "codicon-edit", "empty": map[string]any{"a/b": json.Number("1")}, "none": []any{}, "added": false,
		"nested": before.Config.Extra["nested"],
	}
	data, err := json.MarshalIndent(diff.WithLines(Diff(before, after), diff.NewBudget(t.Context(), diff.DefaultSteps)), "", "  ")
	require.NoError(t, err)
	golden.Equal(t, "diff.json", append(data, '\n'))
}
