package modes

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestConfigJSON(t *testing.T) {
	m := sampleMode()
	data, err := json.Marshal(m.Config)
	require.NoError(t, err)
	var back Config
	require.NoError(t, json.Unmarshal(data, &back))
	assert.Equal(t, m.Config, back)

	minimal, err := json.Marshal(Config{RoleDefinition: "r"})
	require.NoError(t, err)
	assert.Equal(t, `{"roleDefinition":"r","groups":[]}`, string(minimal), "absent, never null or empty")

	ordered, err := json.Marshal(Config{
		RoleDefinition: "r", WhenToUse: "w", Description: "d", CustomInstructions: "c",
		Groups: []Group{{"edit", &Restriction{FileRegex: "f", Description: "d", Extra: map[string]any{"a": true}}}},
		Extra:  map[string]any{"z": nil, "b": map[string]any{"y": json.Number("1"), "x": []any{}}},
	})
	require.NoError(t, err)
	assert.Equal(t, `{"roleDefinition":"r","whenToUse":"w","description":"d","groups":[["edit",{"fileRegex":"f","description":"d","a":true}]],"customInstructions":"c","b":{"x":[],"y":1},"z":null}`, string(ordered))
}

// TestConfigSurvivesJSONB decodes numbers in the form of PostgreSQL's jsonb, which writes them
// out in full and preserves trailing zeros.
func TestConfigSurvivesJSONB(t *testing.T) {
	var c Config
	require.NoError(t, json.Unmarshal([]byte(`{"x": 1000000000000000000000, "y": 1.50, "z": 0.0000001, "groups": [], "roleDefinition": "r"}`), &c))
	assert.Equal(t, map[string]any{"x": json.Number("1e+21"), "y": json.Number("1.5"), "z": json.Number("1e-7")}, c.Extra)
}

func TestConfigUnmarshalRefusesInvalidTypes(t *testing.T) {
	for _, text := range []string{`[]`, `{"groups":1}`, `{"roleDefinition":1}`, `{"groups":[["edit"]]}`, `{"x":1e999}`, `null`} {
		var c Config
		assert.Error(t, json.Unmarshal([]byte(text), &c), text)
	}
	var g Group
	assert.Error(t, json.Unmarshal([]byte(`["edit"]`), &g))
	require.NoError(t, json.Unmarshal([]byte(`["edit",{"fileRegex":"x"}]`), &g))
	assert.Equal(t, Group{"edit", &Restriction{FileRegex: "x"}}, g)
}

func TestEqual(t *testing.T) {
	assert.True(t, sampleMode().Equal(sampleMode()))
	assert.True(t, Mode{Config: Config{Extra: map[string]any{}}}.Equal(Mode{}))
	assert.False(t, Mode{Config: Config{Groups: []Group{}}}.Equal(Mode{}), "no tools differs from absent")
	for _, change := range []func(*Mode){
		func(m *Mode) { m.Slug = "x" },
		func(m *Mode) { m.Name = "x" },
		func(m *Mode) { m.Config.RoleDefinition = "x" },
		func(m *Mode) { m.Config.WhenToUse = "x" },
		func(m *Mode) { m.Config.Description = "" },
		func(m *Mode) { m.Config.CustomInstructions = "" },
		func(m *Mode) { m.Config.Groups = m.Config.Groups[1:] },
		func(m *Mode) { m.Config.Groups[1].Restriction.FileRegex = "x" },
		func(m *Mode) { m.Config.Extra["iconName"] = "x" },
		func(m *Mode) { delete(m.Config.Extra, "iconName") },
	} {
		m := sampleMode()
		change(&m)
		assert.False(t, m.Equal(sampleMode()))
	}
}

func modesWithSlugs(slugs ...string) []Mode {
	ms := make([]Mode, len(slugs))
	for i, s := range slugs {
		ms[i] = Mode{Slug: s}
	}
	return ms
}

func slugs(ms []Mode) []string {
	var s []string
	for _, m := range ms {
		s = append(s, m.Slug)
	}
	return s
}

func TestMerge(t *testing.T) {
	cases := []struct{ builtin, own, want []string }{
		{[]string{"a", "b"}, nil, []string{"a", "b"}},
		{nil, []string{"z", "y"}, []string{"z", "y"}},
		{[]string{"a", "b"}, []string{"z", "B", "c"}, []string{"a", "B", "z", "c"}},
		{[]string{"a", "b"}, []string{"b", "a"}, []string{"a", "b"}},
	}
	for _, c := range cases {
		assert.Equal(t, c.want, slugs(Merge(modesWithSlugs(c.builtin...), modesWithSlugs(c.own...))))
	}
	whole := Merge([]Mode{sampleMode()}, []Mode{{Slug: "DOCS-writer", Name: "Mine"}})
	assert.Equal(t, []Mode{{Slug: "DOCS-writer", Name: "Mine"}}, whole, "replaced whole, no field shines through")
}

func TestSort(t *testing.T) {
	mode := func(position int, name, slug string) OrganizationMode {
		return OrganizationMode{Position: position, Mode: Mode{Name: name, Slug: slug}}
	}
	want := []OrganizationMode{mode(0, "Z", "z"), mode(1, "B", "x"), mode(1, "b", "a"), mode(1, "b", "b"), mode(1, "C", "c"), mode(2, "A", "a")}
	rapid.Check(t, func(rt *rapid.T) {
		got := rapid.Permutation(want).Draw(rt, "order")
		Sort(got)
		require.Equal(rt, want, got)
	})
}

func TestBuiltins(t *testing.T) {
	ms := Builtins()
	assert.Equal(t, []string{"code", "architect", "ask", "debug", "orchestrator"}, slugs(ms))
	groups := map[string][]string{}
	for _, m := range ms {
		require.NoError(t, m.Validate())
		assert.NotEmpty(t, m.Config.Description)
		groups[m.Slug] = []string{}
		for _, g := range m.Config.Groups {
			groups[m.Slug] = append(groups[m.Slug], g.Name)
		}
	}
	assert.Equal(t, map[string][]string{
		"code":         {"read", "edit", "browser", "command", "mcp"},
		"architect":    {"read", "edit", "browser", "mcp"},
		"ask":          {"read", "browser", "mcp"},
		"debug":        {"read", "edit", "browser", "command", "mcp"},
		"orchestrator": {},
	}, groups)
	assert.Equal(t, &Restriction{FileRegex: `\.md$`, Description: "Markdown files only"}, ms[1].Config.Groups[1].Restriction)

	hash := BuiltinsHash(ms)
	assert.Len(t, hash, 64)
	ms[0].Name = "changed"
	ms[1].Config.Groups[0].Name = "changed"
	assert.NotEqual(t, hash, BuiltinsHash(ms))
	assert.Equal(t, hash, BuiltinsHash(Builtins()), "each call returns fresh copies")
}

func TestBuiltinIconsAreNotPublished(t *testing.T) {
	published := string(WriteYAML(Builtins(), "")) + string(WriteJSON(Builtins()))
	for _, m := range Builtins() {
		glyph := BuiltinIcon(m.Slug)
		assert.NotEmpty(t, glyph, m.Slug)
		assert.NotContains(t, published, glyph)
	}
	assert.Equal(t, BuiltinIcon("code"), BuiltinIcon("Code"))
	assert.Empty(t, BuiltinIcon("docs-writer"))
}

func TestLoadBuiltinsRefusesFileWithInvalidMode(t *testing.T) {
	_, err := LoadBuiltins([]byte("customModes:\n- {slug: a, name: A, roleDefinition: r, groups: []}\n- {slug: b, name: B, groups: []}\n"))
	assert.EqualError(t, err, "mode 2: This mode is invalid.: line 3, column 3: /config/roleDefinition: Role definition is required")
	_, err = LoadBuiltins([]byte("x"))
	assert.Error(t, err)
}

func TestSamples(t *testing.T) {
	f, err := ReadFile(t.Context(), Samples())
	require.NoError(t, err)
	assert.Len(t, f.Modes(), 5)
	assert.Len(t, f.Entries, 5, "all of them valid")
	assert.Equal(t, "code", f.Modes()[0].Slug, "one overrides a built-in mode")
}
