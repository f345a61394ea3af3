package modes

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/modes"
)

// browserForm returns the form as a browser sends it, with CRLF line ends.
func browserForm(f shell.Form) shell.Form {
	out := shell.NewForm()
	for name, values := range f.Fields {
		for _, value := range values {
			out.Fields.Add(name, strings.ReplaceAll(value, "\n", "\r\n"))
		}
	}
	return out
}

func sample(change ...func(*modes.Mode)) modes.Mode {
	m := modes.Mode{Slug: "docs-writer", Name: "Docs writer", Config: modes.Config{RoleDefinition: "You write.", Groups: []modes.Group{{Name: "read"}}}}
	for _, c := range change {
		c(&m)
	}
	return m.Normalized()
}

func draftSamples(t *testing.T) []modes.Mode {
	t.Helper()
	file, err := modes.ReadFile(t.Context(), modes.Samples())
	require.NoError(t, err)
	return append(append(file.Modes(), modes.Builtins()...),
		sample(),
		sample(func(m *modes.Mode) { m.Config.Groups = []modes.Group{} }),
		sample(func(m *modes.Mode) {
			m.Config.Groups = []modes.Group{
				{Name: "mcp"},
				{Name: "edit", Restriction: &modes.Restriction{FileRegex: ` \.md$ `, Description: "Markdown", Extra: map[string]any{"a": json.Number("1")}}},
				{Name: "read", Restriction: &modes.Restriction{Description: "only words"}},
			}
		}),
		sample(func(m *modes.Mode) {
			m.Config.RoleDefinition = "\n\n  leading and trailing \n\n"
			m.Config.Description = "of\ntwo lines"
			m.Config.WhenToUse = "\ttabs\t"
			m.Config.CustomInstructions = "<b>&amp;\"'</b> {{name}} … 🧪 \u202eאב"
		}),
		sample(func(m *modes.Mode) {
			m.Config.PermissionTemplate = "Careful"
			m.Config.Extra = map[string]any{
				"iconName": "codicon-book", "big": json.Number("9007199254740991"), "rulesFiles": []any{map[string]any{"relativePath": "a.md", "content": "x\ny"}},
				"deep": map[string]any{"list": []any{true, "no", json.Number("1.5")}},
			}
		}),
		sample(func(m *modes.Mode) { m.Config.Extra = map[string]any{"iconName": []any{"not", "text"}} }),
	)
}

func TestDraftViewsRoundTrip(t *testing.T) {
	t.Parallel()
	for _, m := range draftSamples(t) {
		require.NoError(t, m.Validate(), m.Slug)
		d := newDraft(t.Context(), m, viewForm)
		require.Equal(t, viewForm, d.View)
		require.True(t, d.Mode.Equal(m), "%#v", d.Mode)

		sent := readDraft(t.Context(), browserForm(d.Form))
		require.True(t, sent.Mode.Equal(m), "sent: %#v", sent.Mode)
		yaml, why := sent.inView(t.Context(), viewYAML)
		require.Empty(t, why)
		require.True(t, yaml.Mode.Equal(m), "as YAML: %s", yaml.YAML)

		f := browserForm(shell.NewForm("view", viewYAML, "yaml", yaml.YAML))
		back, why := readDraft(t.Context(), f).inView(t.Context(), viewForm)
		require.Empty(t, why)
		require.True(t, back.Mode.Equal(m), "and back: %#v", back.Mode)
	}
}

// A draft that isn't valid yet can be switched between the views, too.
func TestInvalidDraftViewsRoundTrip(t *testing.T) {
	t.Parallel()
	d := readDraft(t.Context(), shell.NewForm("view", viewForm, "name", "Half", "group", "edit", "fileRegex.edit", `\.(md$`, "slug", "no slug"))
	require.Len(t, d.Problems, 3)
	yaml, why := d.inView(t.Context(), viewYAML)
	require.Empty(t, why)
	require.Len(t, yaml.Problems, 3)
	back, why := yaml.inView(t.Context(), viewForm)
	require.Empty(t, why)
	require.Equal(t, `\.(md$`, back.Form.Get("fileRegex.edit"))
	require.Equal(t, "no slug", back.Form.Get("slug"))
}

func TestDraftStaysYAMLIfFormWouldLoseContent(t *testing.T) {
	t.Parallel()
	const rest = "slug: a\nname: A\nroleDefinition: R\n"
	for name, text := range map[string]string{
		"not YAML":              "slug: [",
		"prose":                 "Just words.",
		"a number for a text":   "slug: a\nname: A\nroleDefinition: 5\ngroups: [read]\n",
		"a tuple of three":      rest + "groups:\n  - [edit, {fileRegex: a}, {description: b}]\n",
		"a group twice":         rest + "groups: [read, read]\n",
		"a pattern of two":      rest + "groups:\n  - - edit\n    - fileRegex: \"a\\nb\"\n",
		"a description of two":  rest + "groups:\n  - - edit\n    - description: \"a\\nb\"\n      fileRegex: a\n",
		"a name of two":         "slug: a\nname: \"A\\nB\"\nroleDefinition: R\ngroups: [read]\n",
		"two modes":             "customModes:\n- " + strings.ReplaceAll(rest, "\n", "\n  ") + "groups: [read]\n- slug: b\n  name: B\n  roleDefinition: R\n  groups: [read]\n",
		"an icon of two lines":  rest + "groups: [read]\niconName: \"a\\nb\"\n",
		"a text for the groups": rest + "groups: read\n",
	} {
		d, why := readDraft(t.Context(), shell.NewForm("view", viewYAML, "yaml", text)).inView(t.Context(), viewForm)
		require.NotEmpty(t, why, name)
		require.Equal(t, viewYAML, d.View, name)
		require.Equal(t, text, d.YAML, name)
	}
}

func TestYAMLDraftAcceptsEveryFormat(t *testing.T) {
	t.Parallel()
	want := sample()
	for name, text := range map[string]string{
		"one level":     string(modes.WriteYAMLMode(want)),
		"a file":        string(modes.WriteYAML([]modes.Mode{want}, "a comment")),
		"JSON":          string(modes.WriteJSON([]modes.Mode{want})),
		"the API's":     `{"slug":"docs-writer","name":"Docs writer","config":{"roleDefinition":"You write.","groups":["read"]}}`,
		"a marketplace": string(modes.WriteMarketplace([]modes.Mode{want}, "Acme", "")),
	} {
		d := readYAMLDraft(t.Context(), text)
		require.False(t, d.Unreadable, "%s: %v", name, d.Problems)
		require.Empty(t, d.Problems, name)
		require.True(t, d.Mode.Equal(want), "%s: %#v", name, d.Mode)
	}
}

func TestProblemsHavePositions(t *testing.T) {
	t.Parallel()
	m := sample(func(m *modes.Mode) {
		m.Config.Groups = append(m.Config.Groups, modes.Group{Name: "edit", Restriction: &modes.Restriction{FileRegex: "("}})
	})
	fields := fieldsByPointer(m)
	for pointer, field := range map[string]string{
		"/slug": "slug", "/config/groups/1/1/fileRegex": "fileRegex.edit", "/config/groups/0": "group", "/config/groups/1/1/odd": "group",
		"/config/iconName": "iconName", "/config/rulesFiles/0/relativePath": "beside", "": "",
	} {
		require.Equal(t, field, fieldForPointer(fields, pointer), pointer)
	}
	d := readYAMLDraft(t.Context(), "slug: a\nname: A\nroleDefinition: R\ngroups:\n  - read\n  - - edit\n    - fileRegex: (\n")
	require.Equal(t, 7, d.Problems[0].Line)
}
