package modes

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orgmodes/internal/golden"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/modes/nodetest"
	"orgmodes/internal/prove"
)

func sampleMode() Mode {
	return Mode{Slug: "docs-Writer", Name: "📝 Docs: Writer", Config: Config{
		RoleDefinition: "You write.\n\n- Keep *it* short.\n  Indented # not a comment\n",
		WhenToUse:      "yes",
		Description:    "Écrire la documentation",
		Groups: []Group{
			{Name: "read"},
			{Name: "edit", Restriction: &Restriction{
				FileRegex: `\.(md|mdx)$`, Description: "Markdown: only", Extra: map[string]any{"flags": "i"},
			}},
			{Name: "mcp"},
		},
		CustomInstructions: "First\n   \nlast, after a line of blanks",
		Extra: map[string]any{
			"iconName": "codicon-book", "empty": map[string]any{}, "none": []any{},
			"rulesFiles": []any{map[string]any{"relativePath": "rules/1.md", "content": "# Rules\n\nOne.\n\n\n"}},
			"nested":     []any{[]any{"a", []any{"b\nc"}}, map[string]any{"n": json.Number("1e+21"), "null": nil, "1": true}},
		},
	}}
}

func TestWriteYAMLGolden(t *testing.T) {
	ms := []Mode{sampleMode(), {Slug: "none", Name: "No tools", Config: Config{RoleDefinition: "Talk only.", Groups: []Group{}}}}
	for _, m := range ms {
		require.NoError(t, m.Validate())
	}
	golden.Equal(t, "write.yaml", WriteYAML(ms, "Modes of Example\nsecond line\u2028# not a third\n\n  last"))
	golden.Equal(t, "write.json", WriteJSON(ms))
	golden.Equal(t, "write_mode.yaml", WriteYAMLMode(ms[0]))
	golden.Equal(t, "write_empty.yaml", WriteYAML(nil, ""))
	sameModes(t, ms, WriteYAML(ms, "x"))
	sameModes(t, ms, WriteJSON(ms))
}

// nastyTexts returns texts that have broken YAML emitters.
func nastyTexts() []string {
	texts := []string{
		"", " ", "  ", "\n", "\n\n", "\t", "\r", "\r\n", "a\r", "a\rb", "\u0085", "\u2028", "\u2029", "\ufeff", "\u200b", "\u00a0", "\u3000",
		"---", "...", "--- a", "... a", "a\n---\n", "a\n...\nb", "-", "- ", "- a", "?", "? a", ":", ": a", "a: b", "a :b", "a:", "#", "# a", "a #b", "a#b",
		"0x1F", "0o17", "0b11", "017", "08", "012", "1_000", "1e3", "1E3", "1.e+3", ".5", "5.", "+1", "-1", "-0", "1.5", "12:30:45", "190:20:30", "1:2",
		"2001-12-14", "2001-12-14T21:59:43.10-05:00", "2001-12-14 21:59:43", ".inf", "-.INF", ".nan", "NaN", "Infinity", "1e999",
		"on", "off", "yes", "no", "y", "n", "Y", "N", "true", "True", "FALSE", "null", "Null", "~", "nil", "None", "<<", "=", "!", "!!str a", "&a", "*a", "@a", "`a`",
		"%YAML 1.2", "|", ">", "|-", "{", "}", "[", "]", "{}", "[]", "{a: b}", "[a]", ",", "a, b", "'", "\"", "'a'", "\"a\"", "\\", "\\n", "a\\", "it's",
		"a ", " a", "a\n", "a\n\n", "a\n\n\n", "\na", "a\n b", " a\nb", "\ta\nb", "a\n\tb", "a\n \nb", "a\n\t\nb", "a\n  ", "a \nb", "a\t\nb", "a\n#b", "#a\nb", "- a\n- b", "a: b\nc: d",
		"{{name}}", "${name}", "<%= a %>", "🧐", "👩‍💻 code", "a\n🧐", "שלום", "\u202eabc", "中文", "é", "e\u0301", "\x01", "\x1b[0m", "\x7f", "\u0080", "\u009f", "\ufffe", "\uffff", "\ufffd", "\U0001fffe", "\U0010ffff",
		"__proto__", "constructor", "toString", "a\u2028b\nc", "key: |\n  x", "a\\\nb", "trailing \\", strings.Repeat("long ", 3000), strings.Repeat("x", 70000), strings.Repeat("line\n", 500),
		"a: \n", ":\n", "?\nb", "-\nb", "a\n:", "!a\nb", "|\na", ">\na", "%a\nb", "@\n", "'\n", "\"\n", "&\n*", "[\n]", "null\n", "1\n", "1\n2", "~\n~",
	}
	return texts
}

// drawText mixes nasty texts, pieces of them and arbitrary text.
func drawText() *rapid.Generator[string] {
	pieces := append(nastyTexts(), "a", "b", " ", "\n", "\n  ", ": ", " #")
	return rapid.OneOf(
		rapid.SampledFrom(nastyTexts()),
		rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces[:len(pieces)-1]), 1, 4).Draw(t, "pieces"), "")
		}),
		rapid.StringOfN(rapid.SampledFrom([]rune(" \t\n\r-.:#'\"\\|>{}[]&*!%@`,?aZ09_~=<\u0085\u2028\ufeff🧐")), 0, 12, -1),
		rapid.String(),
	)
}

func drawNumber() *rapid.Generator[json.Number] {
	return rapid.Custom(func(t *rapid.T) json.Number {
		f := rapid.OneOf(
			rapid.Float64(),
			rapid.Map(rapid.Int64Range(-1<<53, 1<<53), func(i int64) float64 { return float64(i) }),
			rapid.SampledFrom([]float64{0, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 0.1, -1e100}),
		).Draw(t, "f")
		n, ok := canonicalValue(f).(json.Number)
		if !ok {
			t.Fatalf("%v has no canonical form", f)
		}
		return n
	})
}

func drawValue(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		drawText().AsAny(), drawText().AsAny(), drawNumber().AsAny(), rapid.Bool().AsAny(), rapid.Just(any(nil)),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	return rapid.OneOf(append(scalars,
		rapid.SliceOfN(drawValue(depth-1), 0, 4).AsAny(),
		rapid.MapOfN(drawFieldName(), drawValue(depth-1), 0, 4).AsAny(),
	)...)
}

// drawFieldName draws texts that Validate accepts as field names.
func drawFieldName() *rapid.Generator[string] {
	return drawText().Filter(func(s string) bool {
		var v validator
		v.fieldName(jsonast.NewPath(""), s)
		return len(v.fields) == 0
	})
}

// TestWriteYAMLIsReadAlikeByAllParsers checks the emitter's main guarantee.
func TestWriteYAMLIsReadAlikeByAllParsers(t *testing.T) {
	node := nodetest.Start(t)
	check := func(tb tester, want any) {
		want = canonicalValue(want)
		written := jsonast.MarshalYAML(jsonast.Map{{Name: "first", Value: want}, {Name: "list", Value: []any{want, want}}, {Name: "last", Value: "end"}}, "header")
		whole := map[string]any{"first": want, "list": []any{want, want}, "last": "end"}
		require.Equal(tb, any(whole), readByYAMLv3(tb, written), "yaml.v3 on %s", written)
		byYAML, byJSYAML := node.YAML(tb, written)
		require.Equal(tb, any(whole), fromNode(tb, byYAML), "yaml on %s", written)
		require.Equal(tb, any(whole), fromNode(tb, byJSYAML), "js-yaml on %s", written)
		ours, err := parseYAML(written, newBudget(t.Context()), nil)
		require.NoError(tb, err)
		require.Equal(tb, any(whole), canonicalValue(ours.Value()), "our reader on %s", written)
	}
	for _, text := range nastyTexts() {
		if jsonast.TextProblem(text) == "" {
			check(t, text)
			if len([]rune(text)) <= MaxFieldNameLength && text != "__proto__" {
				check(t, map[string]any{text: text})
			}
		}
	}
	t.Run("property", func(t *testing.T) {
		prove.Property(t, 25, func(rt *rapid.T) {
			// Up to a hundred texts and a tree per check make thousands per run.
			texts := rapid.SliceOfN(drawText(), 50, 100).Draw(rt, "texts")
			values := make([]any, 0, len(texts)+1)
			for _, s := range texts {
				if jsonast.TextProblem(s) == "" {
					values = append(values, s)
				}
			}
			tree := rapid.Map(drawValue(4), clean).Draw(rt, "tree")
			check(rt, append(values, tree))
		})
	})
}

// clean removes invalid UTF-8 and NUL characters from texts.
func clean(v any) any {
	switch v := v.(type) {
	case string:
		return strings.ToValidUTF8(strings.ReplaceAll(v, "\x00", ""), "")
	case []any:
		for i := range v {
			v[i] = clean(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = clean(v[name])
		}
	}
	return v
}

func FuzzEmitter(f *testing.F) {
	for _, s := range nastyTexts() {
		f.Add(s, "k")
		f.Add("a", s)
	}
	f.Fuzz(func(t *testing.T, value, name string) {
		var v validator
		v.fieldName(jsonast.NewPath(""), name)
		v.text("", value)
		if len(v.fields) > 0 {
			t.Skip()
		}
		want := any(map[string]any{"list": []any{value, map[string]any{name: value, "z": []any{[]any{value}}}}})
		written := jsonast.MarshalYAML(want, value)
		require.Equal(t, want, readByYAMLv3(t, written), "%s", written)
		ours, err := parseYAML(written, newBudget(t.Context()), nil)
		require.NoError(t, err)
		require.Equal(t, want, ours.Value())
	})
}
