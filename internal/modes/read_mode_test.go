package modes

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/golden"
	"orgmodes/internal/upload"
)

func TestReadModeForms(t *testing.T) {
	want := Mode{Slug: "docs", Name: "Docs", Config: Config{
		RoleDefinition: "You write.", Groups: []Group{{Name: "read"}, {"edit", &Restriction{FileRegex: `\.md$`}}},
		Extra: map[string]any{"iconName": "x"},
	}}
	texts := map[string]string{
		"API": `{"id":"1","organization_id":"2","created_by":"c","created_at":"t","updated_at":"t","updated_by":"u","version":3,"position":0,
			"slug":"docs","name":"Docs","config":{"roleDefinition":"You write.","groups":["read",["edit",{"fileRegex":"\\.md$"}]],"iconName":"x","whenToUse":"","description":null,"source":"organization"}}`,
		"flat JSON": `{"slug":" docs ","name":"Docs","roleDefinition":"You write.","groups":["read",["edit",{"fileRegex":"\\.md$"}]],"iconName":"x","source":"global"}`,
	}
	for name, text := range texts {
		for _, yaml := range []bool{false, true} {
			m, err := ReadMode(t.Context(), []byte(text), yaml)
			require.NoError(t, err, name)
			assert.Equal(t, want, m, name)
		}
	}
	for name, text := range map[string]string{
		"flat YAML": "slug: docs\nname: Docs\nroleDefinition: You write.\ngroups: [read, [edit, {fileRegex: \\.md$}]]\niconName: x\n",
		"API YAML":  "slug: docs\nname: Docs\nconfig:\n  roleDefinition: You write.\n  groups: [read, [edit, {fileRegex: \\.md$}]]\n  iconName: x\n",
	} {
		m, err := ReadMode(t.Context(), []byte(text), true)
		require.NoError(t, err, name)
		assert.Equal(t, want, m, name)
		_, err = ReadMode(t.Context(), []byte(text), false)
		assert.True(t, fault.Is(err, fault.Malformed), name)
	}
}

func TestReadModeRefusals(t *testing.T) {
	cases := []struct {
		name, text string
		yaml       bool
	}{
		{"nothing", "", false},
		{"nothing in YAML", "", true},
		{"not JSON", "slug: a", false},
		{"a list", "[]", false},
		{"text", `"a"`, false},
		{"empty", "{}", false},
		{"empty config", `{"slug":"a","name":"A","config":{}}`, false},
		{"config null", `{"slug":"a","name":"A","config":null}`, false},
		{"config text", `{"slug":"a","name":"A","config":"x"}`, false},
		{"unknown beside config", `{"slug":"a","name":"A","roleDefinition":"r","icon":1,"config":{"roleDefinition":"r","groups":[]}}`, false},
		{"slug within config", `{"slug":"a","name":"A","config":{"slug":"b","roleDefinition":"r","groups":[]}}`, false},
		{"wrong types", "{\n \"slug\": 1,\n \"name\": [],\n \"config\": {\n  \"roleDefinition\": {},\n  \"whenToUse\": false,\n  \"groups\": [1, [], [\"edit\"], [\"edit\", null], [1, {}], {}]\n }\n}", false},
		{"API twice", `{"slug":"a","slug":"b","name":"A","config":{"roleDefinition":"r","roleDefinition":"s","groups":[]}}`, false},
		{"YAML", "slug: a b\nname:\nconfig:\n  roleDefinition: |\n    x\n  groups:\n    - read\n    - - edit\n      - fileRegex: '['\n", true},
		{"many problems", `{"slug":"a","name":"A","roleDefinition":"r","groups":[` + strings.Repeat("1,", 60) + `1]}`, false},
		{"too large", strings.Repeat(" ", upload.MaxUploadBytes+1), false},
	}
	var b strings.Builder
	for _, c := range cases {
		_, err := ReadMode(t.Context(), []byte(c.text), c.yaml)
		e, ok := fault.As(err)
		require.True(t, ok, "%s: %v", c.name, err)
		fmt.Fprintf(&b, "== %s\n%s: %s\n", c.name, e.Code, e.Message)
		for _, p := range e.Fields {
			fmt.Fprintf(&b, "    %d:%d %s: %s\n", p.Line, p.Column, p.Pointer, p.Detail)
		}
	}
	golden.Equal(t, "read_mode_refusals.txt", []byte(b.String()))
}

func TestPatchMode(t *testing.T) {
	m := plainMode()
	m.Config.WhenToUse = "Now"
	m.Config.Extra = map[string]any{"a": map[string]any{"b": "c", "d": json.Number("1")}}
	patched := func(change func(*Mode)) Mode {
		n := m.Normalized()
		change(&n)
		return n
	}
	for patch, want := range map[string]Mode{
		`{}`:                                  m,
		`{"name":" New "}`:                    patched(func(m *Mode) { m.Name = "New" }),
		`{"version":7,"config":{}}`:           m,
		`{"config":{"whenToUse":null}}`:       patched(func(m *Mode) { m.Config.WhenToUse = "" }),
		`{"config":{"whenToUse":" "}}`:        patched(func(m *Mode) { m.Config.WhenToUse = "" }),
		`{"config":{"description":"d"}}`:      patched(func(m *Mode) { m.Config.Description = "d" }),
		`{"config":{"groups":[]}}`:            patched(func(m *Mode) { m.Config.Groups = []Group{} }),
		`{"config":{"a":{"b":null,"x":1.0}}}`: patched(func(m *Mode) { m.Config.Extra["a"] = map[string]any{"d": json.Number("1"), "x": json.Number("1")} }),
		`{"config":{"a":[null]}}`:             patched(func(m *Mode) { m.Config.Extra["a"] = []any{nil} }),
		`{"config":{"a":null}}`:               patched(func(m *Mode) { m.Config.Extra = nil }),
		`{"config":{"n":{"x":null,"y":2}}}`:   patched(func(m *Mode) { m.Config.Extra["n"] = map[string]any{"y": json.Number("2")} }),
	} {
		got, err := PatchMode(m, []byte(patch))
		require.NoError(t, err, patch)
		assert.Equal(t, want, got, patch)
	}
}

// TestPatchModeWithControlCharacters checks that existing content of a mode doesn't cause a
// patch to be refused.
func TestPatchModeWithControlCharacters(t *testing.T) {
	m := plainMode()
	m.Config.RoleDefinition = "a\u007fb\u0001"
	got, err := PatchMode(m, []byte(`{"name":"New"}`))
	require.NoError(t, err)
	assert.Equal(t, m.Config.RoleDefinition, got.Config.RoleDefinition)
}

func TestPatchModeRefusals(t *testing.T) {
	var b strings.Builder
	for _, patch := range []string{
		``, `[]`, `{"config":null}`, `{"name":null}`, `{"config":{"roleDefinition":null,"groups":null}}`, `{"icon":1}`, `{"config":3}`,
		"{\n \"config\": {\"groups\": [\"read\",\n  \"reed\"]}}", `{"config":{"x":1e999}}`, `{"name":"a","name":"b"}`, `{"slug":"a b"}`, `{"config":{"a":"\u0000"}}`,
	} {
		_, err := PatchMode(plainMode(), []byte(patch))
		e, ok := fault.As(err)
		require.True(t, ok, "%s: %v", patch, err)
		fmt.Fprintf(&b, "== %s\n%s: %s\n", patch, e.Code, e.Message)
		for _, p := range e.Fields {
			fmt.Fprintf(&b, "    %d:%d %s: %s\n", p.Line, p.Column, p.Pointer, p.Detail)
		}
	}
	golden.Equal(t, "patch_refusals.txt", []byte(b.String()))
}
