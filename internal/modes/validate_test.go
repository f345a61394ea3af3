package modes

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
)

func plainMode() Mode {
	return Mode{Slug: "docs", Name: "Docs", Config: Config{RoleDefinition: "You write.", Groups: []Group{{Name: "read"}}}}
}

func withExtra(name string, value any) func(*Mode) {
	return func(m *Mode) { m.Config.Extra = map[string]any{name: value} }
}

func edit(r Restriction) func(*Mode) {
	return func(m *Mode) { m.Config.Groups = append(m.Config.Groups, Group{"edit", &r}) }
}

func nested(depth int) any {
	var v any = "x"
	for range depth {
		v = []any{v}
	}
	return v
}

func TestValidate(t *testing.T) {
	cases := []struct {
		name            string
		change          func(*Mode)
		pointer, detail string // empty if the mode is valid
	}{
		{"as it is", func(*Mode) {}, "", ""},
		{"name missing", func(m *Mode) { m.Name = " " }, "/name", "Mode name is required"},
		{"name of 100", func(m *Mode) { m.Name = strings.Repeat("é", 100) }, "", ""},
		{"name of 101", func(m *Mode) { m.Name = strings.Repeat("é", 101) }, "/name", "Mode name can have at most 100 characters; this one has 101"},
		{"name in any script", func(m *Mode) { m.Name = "👩‍💻 كاتب 文档" }, "", ""},
		{"name of two lines", func(m *Mode) { m.Name = "a\nb" }, "/name", "Mode name must be a single line, without tabs or other control characters"},
		{"name a placeholder", func(m *Mode) { m.Name = "{{ name }}" }, "/name", "{{ name }} is a template placeholder; replace it with a value"},
		{"name with a placeholder inside", func(m *Mode) { m.Name = "Uses {{name}}" }, "", ""},
		{"name with NUL", func(m *Mode) { m.Name = "a\x00" }, "/name", "this text contains the character U+0000, which can't be stored; remove it"},
		{"name not UTF-8", func(m *Mode) { m.Name = "a\xff" }, "/name", "this text is not valid UTF-8"},
		{"slug missing", func(m *Mode) { m.Slug = "" }, "/slug", "Mode slug is required"},
		{"slug with capitals", func(m *Mode) { m.Slug = "Docs-2" }, "", ""},
		{"slug with underscore", func(m *Mode) { m.Slug = "a_b" }, "/slug", "Mode slug must contain only letters, numbers, and hyphens"},
		{"slug with an accent", func(m *Mode) { m.Slug = "é" }, "/slug", "Mode slug must contain only letters, numbers, and hyphens"},
		{"slug with a line end", func(m *Mode) { m.Slug = "a\n" }, "/slug", "Mode slug must contain only letters, numbers, and hyphens"},
		{"slug of 50", func(m *Mode) { m.Slug = strings.Repeat("a", 50) }, "", ""},
		{"slug of 51", func(m *Mode) { m.Slug = strings.Repeat("a", 51) }, "/slug", "Mode slug can have at most 50 characters; this one has 51"},
		{"slug a placeholder", func(m *Mode) { m.Slug = "${slug}" }, "/slug", "${slug} is a template placeholder; replace it with a value"},
		{"role missing", func(m *Mode) { m.Config.RoleDefinition = "" }, "/config/roleDefinition", "Role definition is required"},
		{"role blank", func(m *Mode) { m.Config.RoleDefinition = " \n\t" }, "/config/roleDefinition", "Role definition is required"},
		{"instructions with NUL", func(m *Mode) { m.Config.CustomInstructions = "\x00" }, "/config/customInstructions", "this text contains the character U+0000, which can't be stored; remove it"},
		{"no groups", func(m *Mode) { m.Config.Groups = []Group{} }, "", ""},
		{"groups missing", func(m *Mode) { m.Config.Groups = nil }, "/config/groups", "groups is required: list what the mode may use, such as [read, edit], or write [] for no tools"},
		{"all groups", func(m *Mode) {
			m.Config.Groups = nil
			for _, g := range GroupNames() {
				m.Config.Groups = append(m.Config.Groups, Group{Name: g})
			}
		}, "", ""},
		{
			"unknown group", func(m *Mode) { m.Config.Groups = append(m.Config.Groups, Group{Name: "comand"}) }, "/config/groups/1",
			`unknown group "comand"; the groups are command, read, mcp, modes, edit, browser`,
		},
		{
			"group twice", func(m *Mode) { m.Config.Groups = append(m.Config.Groups, Group{Name: "read"}) }, "/config/groups/1",
			"the group read appears twice (already at position 1); keep one",
		},
		{
			"restricted group twice", func(m *Mode) { m.Config.Groups = append(m.Config.Groups, Group{"read", &Restriction{}}) }, "/config/groups/1/0",
			"the group read appears twice (already at position 1); keep one",
		},
		{"lookahead", edit(Restriction{FileRegex: `^(?!.*(test|spec))\.(js|ts)$`}), "", ""},
		{
			"glob for a pattern", edit(Restriction{FileRegex: `*.md`}), "/config/groups/1/1/fileRegex",
			"editors can't use this regular expression: there is nothing before * to repeat (at character 1)",
		},
		{"pattern not UTF-8", edit(Restriction{FileRegex: "\xff"}), "/config/groups/1/1/fileRegex", "this text is not valid UTF-8"},
		{"unknown option", edit(Restriction{Extra: map[string]any{"x": math.Inf(1)}}), "/config/groups/1/1/x", "this value can't be represented in JSON"},
		{"infinity", withExtra("x", math.Inf(1)), "/config/x", "this value can't be represented in JSON"},
		{"a Go type", withExtra("x", []any{struct{}{}}), "/config/x/0", "this value can't be represented in JSON"},
		{
			"number beyond float64", withExtra("x", json.Number("9007199254740993")), "/config/x",
			"the number 9007199254740993 can't be stored exactly; write it as text, in quotes",
		},
		{"NUL within", withExtra("a/b", map[string]any{"~": []any{"\x00"}}), "/config/a~1b/~0/0", "this text contains the character U+0000, which can't be stored; remove it"},
		{"NUL in a field name", withExtra("x", map[string]any{"\x00": 1}), "/config/x/\x00", "in the name of this field: this text contains the character U+0000, which can't be stored; remove it"},
		{"long field name", withExtra(strings.Repeat("x", 129), true), "/config/" + strings.Repeat("x", 129), "the name of a field can have at most 128 characters; this one has 129"},
		{"__proto__", withExtra("__proto__", true), "/config/__proto__", "__proto__ can't be the name of a field: it has a special meaning in JavaScript"},
		{"a known field among unknown", withExtra("slug", "x"), "/config/slug", "slug can't be an additional field: it is one of the mode's standard fields"},
		{"deep enough", withExtra("x", nested(MaxDepth-2)), "", ""},
		{"too deep", withExtra("x", nested(MaxDepth-1)), "/config/x" + strings.Repeat("/0", MaxDepth-1), "nested deeper than 64 levels"},
		{"rules", withExtra("rulesFiles", []any{map[string]any{"relativePath": "rules/a..b.md", "content": ""}}), "", ""},
		{
			"rules that lead out", withExtra("rulesFiles", []any{map[string]any{"relativePath": "rules/../../.bashrc"}}), "/config/rulesFiles/0/relativePath",
			`the path "rules/../../.bashrc" leads out of the folder of rules; it must be relative, without ..`,
		},
		{
			"rules that lead out on Windows", withExtra("rulesFiles", []any{map[string]any{"relativePath": `C:\x`}}), "/config/rulesFiles/0/relativePath",
			`the path "C:\\x" leads out of the folder of rules; it must be relative, without ..`,
		},
		{
			"too large", func(m *Mode) { m.Config.CustomInstructions = strings.Repeat("x", MaxModeBytes) }, "",
			"this mode is 257 KiB; a mode can have at most 256 KiB. Shorten its instructions, or split it in two",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := plainMode()
			c.change(&m)
			for name, value := range m.Config.Extra {
				m.Config.Extra[name] = canonicalValue(value)
			}
			err := m.Validate()
			if c.detail == "" {
				require.NoError(t, err)
				return
			}
			e, ok := fault.As(err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, fault.Invalid, e.Kind)
			assert.Equal(t, "invalid_mode", e.Code)
			assert.Equal(t, []fault.Field{{Pointer: c.pointer, Detail: c.detail}}, e.Fields)
		})
	}
}

func TestValidateReportsAll(t *testing.T) {
	err := Mode{Slug: "a b", Config: Config{Groups: []Group{{Name: "x"}}}}.Validate()
	e, ok := fault.As(err)
	require.True(t, ok)
	var pointers []string
	for _, f := range e.Fields {
		pointers = append(pointers, f.Pointer)
	}
	assert.Equal(t, []string{"/slug", "/name", "/config/roleDefinition", "/config/groups/0"}, pointers)
}

func TestNormalized(t *testing.T) {
	extra := map[string]any{"source": "project", "null": nil, "n": 1.50, "list": []any{int64(2), "\r\n", nil}}
	m := Mode{Slug: " a ", Name: "\tB\n", Config: Config{
		RoleDefinition: " kept \r\nas is ", WhenToUse: " ", Description: "", CustomInstructions: "x\n",
		Groups: []Group{
			{" read ", &Restriction{FileRegex: " ", Description: "\n", Extra: map[string]any{"x": nil}}},
			{"edit", &Restriction{FileRegex: " x", Description: " d"}},
		},
		Extra: extra,
	}}
	want := Mode{Slug: "a", Name: "B", Config: Config{
		RoleDefinition: " kept \nas is ", CustomInstructions: "x\n",
		Groups: []Group{{Name: "read"}, {"edit", &Restriction{FileRegex: " x", Description: " d"}}},
		Extra:  map[string]any{"n": json.Number("1.5"), "list": []any{json.Number("2"), "\r\n", nil}},
	}}
	got := m.Normalized()
	assert.Equal(t, want, got)
	assert.Equal(t, want, got.Normalized(), "once is enough")
	assert.Len(t, extra, 4, "the original is left alone")
	assert.Nil(t, Mode{}.Normalized().Config.Groups)
	assert.NotNil(t, Mode{Config: Config{Groups: []Group{}}}.Normalized().Config.Groups)
}

func TestCheckTotals(t *testing.T) {
	big := plainMode()
	big.Config.CustomInstructions = strings.Repeat("x", 200<<10)
	many := make([]Mode, MaxModes+1)
	assert.NoError(t, CheckTotals(many[:MaxModes]))
	assert.EqualError(t, CheckTotals(many), "These are 501 modes; an organization can have at most 500. Leave some out.")
	err := CheckTotals(repeat41(big))
	assert.True(t, fault.Is(err, fault.TooLarge))
	assert.EqualError(t, err, "All modes together would be 8.02 MiB; an organization can have at most 8 MiB. Shorten or delete some.")
}

func repeat41(m Mode) []Mode {
	ms := make([]Mode, 41)
	for i := range ms {
		ms[i] = m
	}
	return ms
}

// Postgres writes numbers out: 128 KiB of 1e300 become megabytes, also in each version and each
// entry of the audit log.
func TestModeSizeCountsNumbersAsStored(t *testing.T) {
	m := plainMode()
	m.Config.Extra = map[string]any{"x": []any{}}
	before := m.Size()
	m.Config.Extra["x"] = []any{json.Number("1e+300"), json.Number("0"), map[string]any{"y": json.Number("-1e-300")}}
	assert.Equal(t, before+301+len(`, 0, {"y": `)+len("-0.")+300+len(`}`), m.Size())

	_, err := ReadMode(t.Context(), []byte(`{"slug":"a","name":"A","config":{"roleDefinition":"r","groups":[],"x":[`+strings.Repeat("1e300,", 1000)+`1]}}`), false)
	f, ok := fault.As(err)
	require.True(t, ok)
	assert.Empty(t, f.Fields[0].Pointer)
	assert.Contains(t, f.Fields[0].Detail, "this mode is 296 KiB; a mode can have at most 256 KiB")
}
