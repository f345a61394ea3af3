package editors

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(tb testing.TB, name string, got []byte) {
	tb.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(tb, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(tb, err, "run the test with -update")
	require.Equal(tb, string(want), string(got))
}

// TestClientDataIsComplete checks that everything that clients.yaml refers to exists.
func TestClientDataIsComplete(t *testing.T) {
	assert.Positive(t, Version())
	require.Len(t, All(), 3)
	for _, c := range All() {
		found, err := Find(c.ID)
		require.NoError(t, err)
		assert.Equal(t, c.Name, found.Name)
		assert.NotEmpty(t, c.Source)
		for _, name := range c.Permissions.Names {
			assert.NotEmpty(t, c.Permissions.Labels[name], "%s: %s has no label", c.ID, name)
		}
		for _, group := range modes.GroupNames() {
			name, ok := c.Permissions.Groups[group]
			if !ok {
				assert.NotEmpty(t, c.Permissions.UnknownGroupNote, "%s: no findings about %s", c.ID, group)
				continue
			}
			assert.Contains(t, c.Permissions.Names, name)
		}
		for _, always := range c.Permissions.AlwaysGranted {
			assert.Contains(t, c.Permissions.Names, always)
		}
		assert.Contains(t, []string{"regex", "glob"}, c.Restriction.PatternSyntax)
		assert.Contains(t, []Access{Limit, Deny}, Access(c.Restriction.Outcome))
		if len(c.Restriction.Groups) < len(modes.GroupNames()) {
			assert.NotEmpty(t, c.Restriction.IgnoredNote)
		}
		for _, p := range c.Prompt.Parts {
			assert.NotEqual(t, p.Literal == "", p.Field == "", "%s: a part is a field or words", c.ID)
		}
	}
	_, err := Find("emacs")
	assert.Error(t, err)
}

// TestPreview compares each client's view of modes that show the differences with a golden file.
func TestPreview(t *testing.T) {
	f := readSamples(t)
	require.Len(t, f.Modes(), len(f.Entries))
	for _, c := range All() {
		var views []View
		for _, m := range f.Modes() {
			views = append(views, Preview(c, m))
		}
		got, err := json.MarshalIndent(views, "", "  ")
		require.NoError(t, err)
		golden(t, c.ID+".json", append(got, '\n'))
	}
}

func readSamples(tb testing.TB) modes.File {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "modes.yaml"))
	require.NoError(tb, err)
	f, err := modes.ReadFile(tb.Context(), data)
	require.NoError(tb, err)
	return f
}

// TestPreviewOfEmptyDescription covers a case that stored modes never have, but a form can.
func TestPreviewOfEmptyDescription(t *testing.T) {
	m := modes.Mode{Slug: "a", Name: "A", Config: modes.Config{WhenToUse: "Always.", Description: " "}}
	kilo, err := Find("kilo-cli-7")
	require.NoError(t, err)
	v := Preview(kilo, m)
	assert.Empty(t, v.Description)
	assert.Equal(t, []Note{{"/config/description", "An empty description hides whenToUse."}}, v.Notes)
	m.Config.Description = ""
	assert.Equal(t, "Always.", Preview(kilo, m).Description)
}

// TestPreviewDoesNotModifyInput checks that shared clients and modes stay unchanged.
func TestPreviewDoesNotModifyInput(t *testing.T) {
	before := readSamples(t).Modes()
	ms := readSamples(t).Modes()
	for _, c := range All() {
		for _, m := range ms {
			v := Preview(c, m)
			slices.Reverse(v.Permissions)
		}
	}
	for i := range ms {
		assert.True(t, before[i].Equal(ms[i]))
	}
}
