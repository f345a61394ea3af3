package modes

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/golden"
	"orgmodes/internal/resource"
	"orgmodes/internal/upload"
)

// TestReadFileResults reads each file of testdata/files and compares the reports with golden
// files.
func TestReadFileResults(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "files", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	slices.Sort(paths)
	var b strings.Builder
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		fmt.Fprintf(&b, "== %s\n%s", filepath.Base(path), report(t, data))
	}
	golden.Equal(t, "verdicts.txt", []byte(b.String()))
}

// report formats the result of ReadFile as lines of text.
func report(tb testing.TB, data []byte) string {
	tb.Helper()
	var b strings.Builder
	f, err := ReadFile(tb.Context(), data)
	if err != nil {
		e, ok := fault.As(err)
		require.True(tb, ok, "%v is no fault.Error", err)
		fmt.Fprintf(&b, "refused: %s: %s\n", e.Code, e.Message)
		for _, p := range e.Fields {
			fmt.Fprintf(&b, "    %d:%d %s: %s\n", p.Line, p.Column, p.Pointer, p.Detail)
		}
		return b.String()
	}
	fmt.Fprintf(&b, "%s, %d of %d modes valid\n", f.Format, len(f.Modes()), len(f.Entries))
	for _, n := range f.Notices {
		fmt.Fprintf(&b, "    notice %d:%d %s: %s\n", n.Line, n.Column, n.Pointer, n.Detail)
	}
	for _, e := range f.Entries {
		fmt.Fprintf(&b, "  mode %d (%s) at %d:%d\n", e.Index, e.Mode.Slug, e.Line, e.Column)
		for _, p := range e.Problems {
			fmt.Fprintf(&b, "    %d:%d %s: %s\n", p.Line, p.Column, p.Pointer, p.Detail)
		}
		for _, n := range e.Notices {
			fmt.Fprintf(&b, "    notice %d:%d %s: %s\n", n.Line, n.Column, n.Pointer, n.Detail)
		}
	}
	return b.String()
}

// TestReadFileRefusals checks the reports for texts that are easier to write as Go strings.
func TestReadFileRefusals(t *testing.T) {
	mode := "{slug: a, name: A, roleDefinition: r, groups: []}"
	list := func(modes ...string) string {
		return "customModes:\n" + "- " + strings.Join(modes, "\n- ") + "\n"
	}
	billion := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 9; i++ {
		billion += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9)+fmt.Sprintf("*a%d", i-1))
	}
	cases := []struct{ name, text string }{
		{"empty", ""},
		{"blanks", " \n\t\n"},
		{"only a comment", "# nothing\n"},
		{"null", "~\n"},
		{"a number", "12"},
		{"empty object", "{}"},
		{"byte order mark alone", "\ufeff"},
		{"Markdown", "# Modes\n\nJust *text*\n"},
		{"Markdown with a list", "Just *text* about\nmodes\n"},
		{"front matter", "---\ntitle: x\n---\n# Text\n"},
		{"UTF-16", "\xff\xfec\x00u\x00"},
		{"Latin-1", "customModes:\n- name: caf\xe9\n"},
		{"control character", "customModes:\n- name: a\x1b[0m\n"},
		{"NUL in JSON", `{"customModes":[{"slug":"a","name":"A","roleDefinition":"r` + "\\u0000" + `","groups":[]}]}`},
		{"two documents", list(mode) + "---\n" + list(mode)},
		{"unknown anchor", "customModes:\n- *x\n"},
		{"bad indentation", "customModes:\n  - slug: a\n    name: A\n   roleDefinition: r\n"},
		{"colon within text", "customModes:\n  - slug: a\n    name: A: b\n"},
		{"open quote", "customModes:\n  - slug: \"a\n    name: A\n"},
		{"tab for indentation", "customModes:\n\t- slug: a\n"},
		{"open brace", "customModes: [{slug: a, name: b\n"},
		{"alias bomb", billion + "customModes: *a8\n"},
		{"alias within itself", "customModes: &a\n- *a\n"},
		{"too much text by aliases", "x: &x \"" + strings.Repeat("x", 100_000) + "\"\ny: [" + strings.Repeat("*x,", 120) + "]\ncustomModes: []\n"},
		{"deep YAML", "customModes: " + strings.Repeat("[", 600) + strings.Repeat("]", 600)},
		{"deeper YAML than yaml.v3 goes", strings.Repeat("[", 20_000)},
		{"deep JSON", `{"customModes":` + strings.Repeat("[", 100_000)},
		{"many values in YAML", "x: [" + strings.Repeat("1,", maxYAMLValueStarts) + "]"},
		{"many values in JSON", `{"x":[` + strings.Repeat("1,", maxNodes) + "1]}"},
		{"too large", strings.Repeat("#", upload.MaxUploadBytes+1)},
		{"too many modes", list(slices.Repeat([]string{mode}, MaxModes+1)...)},
		{"customModes twice", "customModes: []\ncustomModes: []\n"},
		{"customModes an object", "customModes:\n  slug: a\n"},
		{"customModes text", `{"customModes": "none"}`},
		{"customModes with a tag", "customModes: !!set {a}\n"},
		{"customModes empty", "customModes:\nversion: 1\n"},
		{"other fields", "models: []\nversion: 1\na: 1\nb: 2\nc: 3\nd: 4\n"},
		{"modes", "modes:\n- " + mode},
		{"custom_modes", "custom_modes:\n- " + mode},
		{"bare list", "- " + mode},
		{"bare list in JSON", `[{"slug":"a"}]`},
		{"single mode", "slug: a\nname: A\n"},
		{"marketplace", "items:\n- id: a\n  content: x\n"},
		{"marketplace item", "id: a\ncontent: x\n"},
		{"JSON cut short", `{"customModes": [` + "\n" + `{"slug": "a"`},
		{"JSON with a trailing comma", `{"customModes": [` + "\n" + `{"slug": "a", "name": "A", "roleDefinition": "r", "groups": ["read",],},]}`},
		{"JSON with a comment", "{\n  // modes\n  \"customModes\": []\n}"},
		{"JSON with text after it", `{"customModes": []} x`},
		{"JSON with a raw line break", "{\"customModes\": [{\"slug\": \"a\nb\"}]}"},
		{"JSON with an unknown escape", `{"customModes": [{"slug": "\q"}]}`},
		{"JSON with a bad number", `{"customModes": [{"slug": 01}]}`},
		{"slugs that differ in capitals", list(strings.Replace(mode, "slug: a", "slug: AB", 1), strings.Replace(mode, "slug: a", "slug: ab", 1))},
		{"flow YAML", "{customModes: [" + mode + "]}"},
		{"CRLF", "customModes:\r\n- slug: a\r\n  name: A\r\n  roleDefinition: |\r\n    one\r\n    two\r\n  groups: []\r\n"},
		{"JSON with tabs and a byte order mark", "\ufeff{\r\n\t\"customModes\":\t[]\r\n}\r\n"},
	}
	var b strings.Builder
	for _, c := range cases {
		fmt.Fprintf(&b, "== %s\n%s", c.name, report(t, []byte(c.text)))
	}
	golden.Equal(t, "refusals.txt", []byte(b.String()))
}

func TestReadFilePreservesMeaning(t *testing.T) {
	f, err := ReadFile(t.Context(), []byte(`
shared: &tools [read, edit]
base: &base {description: from base, groups: *tools, iconName: x}
customModes:
  - <<: [*base, {iconName: y, other: z}]
    slug: one
    name: Né ‘smart’
    roleDefinition: 2024-01-01
    whenToUse: on
    description: own
    customInstructions:
    date: 2024-01-01
    time: 12:30:45
    yes: no
    1: 0x1F
    1.50: 012
    under: 1_000
    oct: 0o17
    float: 1e3
    tagged: !!str 12
    true: [~, True, .5]
`))
	require.NoError(t, err)
	require.Empty(t, f.Entries[0].Problems)
	assert.Equal(t, []resource.Notice{
		{Pointer: "/shared", Detail: "`shared` beside customModes is not kept", Line: 2, Column: 1},
		{Pointer: "/base", Detail: "`base` beside customModes is not kept", Line: 3, Column: 1},
	}, f.Notices)
	want := Mode{Slug: "one", Name: "Né ‘smart’", Config: Config{
		RoleDefinition: "2024-01-01", WhenToUse: "on", Description: "own",
		Groups: []Group{{Name: "read"}, {Name: "edit"}},
		Extra: canonicalValue(map[string]any{
			"iconName": "x", "other": "z", "date": "2024-01-01", "time": "12:30:45", "yes": "no", "1": 31, "1.5": 12,
			"under": "1_000", "oct": 15, "float": 1000, "tagged": "12", "true": []any{nil, true, 0.5},
		}).(map[string]any),
	}}
	assert.Equal(t, want, f.Entries[0].Mode)
}

func TestReadFileReadsJSONAsJSON(t *testing.T) {
	f, err := ReadFile(t.Context(), []byte("{\"customModes\": [\n\t{\"slug\": \"a\", \"name\": \"\\ud83d\\ude00 \\u00e9\", \"roleDefinition\": \"\\/\\b\\f\\n\\r\\t\\\"\\\\\",\n\t \"groups\": [], \"n\": 1.0, \"e\": -1E2}\n]}"))
	require.NoError(t, err)
	require.Empty(t, f.Entries[0].Problems)
	m := f.Entries[0].Mode
	assert.Equal(t, "😀 é", m.Name)
	assert.Equal(t, "/\b\f\n\r\t\"\\", m.Config.RoleDefinition)
	assert.Equal(t, canonicalValue(map[string]any{"n": 1, "e": -100}), any(m.Config.Extra))
	assert.Equal(t, []int{2, 2}, []int{f.Entries[0].Line, f.Entries[0].Column})
}
