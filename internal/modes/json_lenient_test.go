package modes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/resource"
)

const oneModeInJSON = `{"slug": "a", "name": "A", "roleDefinition": "r", "groups": []}`

// TestJSONCommentsAreRefused checks that a comment is reported as such, with its position.
// This holds wherever it is, even if YAML would accept the text.
func TestJSONCommentsAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, text   string
		line, column int
	}{
		{"before everything", "// ours\n{\"customModes\": [" + oneModeInJSON + "]}", 1, 1},
		{"a block before everything", "\ufeff\n/* ours\n * yes */\n{\"customModes\": []}", 2, 1},
		{"after the opening brace", "{ // ours\n\"customModes\": []}", 1, 3},
		{"before a field", "{\n  // ours\n  \"customModes\": []\n}", 2, 3},
		{"before a colon", `{"customModes" /* ours */: []}`, 1, 16},
		{"before a value", `{"customModes": /* ours */ []}`, 1, 17},
		{"in an empty list", `{"customModes": [ // ours` + "\n]}", 1, 19},
		{"after an item", `{"customModes": [` + "\n" + oneModeInJSON + ` // ours` + "\n]}", 2, 65},
		{"what YAML reads as a name", `{"customModes": [{"slug": "a", // ours` + "\n" + `"name": "A", "roleDefinition": "r", "groups": []}]}`, 1, 32},
		{"what YAML reads as text", `{"customModes": [{"slug": /* ours */ a}]}`, 1, 27},
		{"behind a comma that is too much", `{"customModes": [` + oneModeInJSON + `,],` + "\n" + `// ours` + "\n}", 2, 1},
		{"at the end", "{\"customModes\": []}\n// ours", 2, 1},
		{"in a bare list", "[ // ours\n" + oneModeInJSON + "]", 1, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadFile(t.Context(), []byte(c.text))
			e, ok := fault.As(err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, "malformed_json", e.Code)
			require.Len(t, e.Fields, 1)
			assert.Equal(t, fault.Field{
				Detail: "JSON has no comments: remove this one, or save the file as YAML, where a comment begins with #",
				Line:   c.line, Column: c.column,
			}, e.Fields[0])
		})
	}
	f, err := ReadFile(t.Context(), []byte(`{"customModes": [{"slug": "a", "name": "A", "roleDefinition": "see https://example.com /* and */ // more", "groups": []}]}`))
	require.NoError(t, err)
	assert.Len(t, f.Modes(), 1, "within text it is text")
}

// TestTrailingCommasAreAcceptedInFilesOnly checks that files are accepted with a notice, as
// editors accept them. Requests of programs are refused.
func TestTrailingCommasAreAcceptedInFilesOnly(t *testing.T) {
	f, err := ReadFile(t.Context(), []byte("{\"customModes\": [\n\t{\"slug\": \"a\", \"name\": \"\\ud83d\\ude00\", \"roleDefinition\": \"r\", \"groups\": [\"read\",\n\t], },\n]}"))
	require.NoError(t, err)
	require.Len(t, f.Modes(), 1)
	assert.Equal(t, "😀", f.Modes()[0].Name, "which YAML would not read")
	assert.Equal(t, FormatJSON, f.Format)
	assert.Equal(t, []resource.Notice{{
		Detail: "JSON has no comma before a closing ]: editors ignore it, and so do we, but other programs reject such a file; " +
			"remove it, or save the file as YAML (there are 3 of them)",
		Line: 2, Column: 80,
	}}, f.Notices)

	for text, want := range map[string][2]int{
		"{\"slug\": \"a\",\n}":                            {1, 13},
		`{"slug": "a", "config": {"groups": ["read", ]}}`: {1, 43},
	} {
		_, err := ReadMode(t.Context(), []byte(text), false)
		e, ok := fault.As(err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, "malformed_json", e.Code)
		assert.Contains(t, e.Fields[0].Detail, "JSON has no comma before a closing ")
		assert.Equal(t, want, [2]int{e.Fields[0].Line, e.Fields[0].Column}, text)
	}
	for _, text := range []string{`{"customModes": [,]}`, `{"customModes": [` + oneModeInJSON + `,,]}`, `{,}`} {
		_, err := ReadFile(t.Context(), []byte(text))
		require.Error(t, err, text)
	}
}
