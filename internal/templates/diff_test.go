package templates

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orgmodes/internal/diff"
	"orgmodes/internal/golden"
	"orgmodes/internal/jsonast"
)

func TestDiff(t *testing.T) {
	before := Template{
		Name: "A", PermissionMode: Default, AllowedTools: []string{"Read", "Edit"},
		DefaultRole: new("role"), DefaultSystemPrompt: new("one\ntwo\nthree"), Description: new(""),
	}.Normalized()
	var b strings.Builder
	for _, change := range []func(*Template){
		func(*Template) {},
		func(t *Template) { t.Name, t.PermissionMode = "B", Plan },
		func(t *Template) { t.AllowedTools = []string{"Edit", "Read"} },
		func(t *Template) { t.AllowedTools = []string{"Edit", "Bash(git:*)", "Grep"} },
		func(t *Template) { t.AllowedTools = []string{} },
		func(t *Template) { t.AllowedTools = append(t.AllowedTools, "Bash") },
		func(t *Template) { t.AllowedTools = t.AllowedTools[:1] },
		func(t *Template) { t.DefaultRole, t.Description = nil, new("text") },
		func(t *Template) { t.DefaultRole, t.Description = new(""), nil },
		func(t *Template) { t.DefaultSystemPrompt = new("one\n2\nthree") },
	} {
		after := before.Normalized()
		change(&after)
		changes := diff.WithLines(Diff(before, after), diff.NewBudget(t.Context(), diff.DefaultSteps))
		out, err := json.MarshalIndent(changes, "", "  ")
		require.NoError(t, err)
		fmt.Fprintf(&b, "%s\n", out)
	}
	golden.Equal(t, "diff.txt", []byte(b.String()))
}

// TestDiffAppliedAsPatchYieldsNewTemplate applies the changes of a diff to the older template
// and expects the newer one.
func TestDiffAppliedAsPatchYieldsNewTemplate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawTemplate().Draw(t, "before"), drawTemplate().Draw(t, "after")
		changes := Diff(before, after)
		var patch jsonast.Map
		for _, c := range changes {
			patch = append(patch, jsonast.Pair{Name: c.Pointer[1:], Value: c.After})
		}
		body, err := patch.MarshalJSON()
		require.NoError(t, err)
		read, err := ReadPatch(body)
		require.NoError(t, err)
		got, err := read.Apply(before, Tools{})
		require.NoError(t, err)
		assert.Equal(t, after, got)
		assert.Equal(t, before.Equal(after), changes == nil)
	})
}
