package jsonast

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
)

var errValues, errText = errors.New("too many values"), errors.New("too much text")

func budget() *Budget {
	return &Budget{Values: 1000, Text: 10_000, Depth: 20, InputName: "This", TooManyValues: errValues, TooMuchText: errText}
}

func mustParse(tb testing.TB, text string) *Node {
	tb.Helper()
	n, err := (&JSON{Budget: budget()}).Parse([]byte(text))
	require.NoError(tb, err, text)
	return n
}

func TestFind(t *testing.T) {
	root := mustParse(t, "\uFEFF{\"a/b~c\": [1,\n  {\"é\": true, \"x\": null}],\n\"\": \"\\ud83d\\udd0d\"}")
	for pointer, want := range map[string]string{
		"":                  "1:1 an object",
		"/a~1b~0c":          "1:11 a list",
		"/a~1b~0c/0":        "1:12 the number 1",
		"/a~1b~0c/1/é":      "2:9 true",
		"/a~1b~0c/1/x":      "2:20 null",
		"/":                 "3:5 text",
		"/a~1b~0c/2":        "1:11 a list, around it",
		"/a~1b~0c/-1":       "1:11 a list, around it",
		"/a~1b~0c/1/y/more": "2:3 an object, around it",
		"/none":             "1:1 an object, around it",
	} {
		n, exact := root.Find(pointer)
		line, column := root.Position(pointer)
		got := fmt.Sprintf("%d:%d %s", line, column, n.Describe())
		if !exact {
			got += ", around it"
		}
		assert.Equal(t, want, got, pointer)
	}
	assert.Equal(t, "🔍", root.Get("").Value())
	assert.Nil(t, root.Get("none").Get("below"))
	assert.Equal(t, "/a~1b~0c", EscapeToken("a/b~c"))
}

func TestOverlap(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{{"/a", "/a", true}, {"/a", "/a/b", true}, {"/a/b", "/a", true}, {"", "/a", true}, {"/a", "/ab", false}, {"/a/b", "/a/c", false}} {
		assert.Equal(t, c.want, Overlap(c.a, c.b), "%s %s", c.a, c.b)
	}
}

func TestNodeProblems(t *testing.T) {
	var problems []string
	mustParse(t, "{\"a\": \"\\ud83d\", \"b\": [1e999],\n\"a\": 0, \"\\udc00\": 1}").Problems(NewPath("/at"), func(pointer *Path, detail string, line, column int) {
		problems = append(problems, fmt.Sprintf("%d:%d %s %s", line, column, pointer.String(), detail))
	})
	assert.Equal(t, []string{
		`1:7 /at/a \ud83d is half of a character; its other half is missing`,
		`1:23 /at/b/0 the number 1e999 can't be stored exactly; write it as text, in quotes`,
		`2:1 /at/a the field "a" appears twice (first on line 1); keep one`,
		"2:9 /at/\uFFFD \\udc00 is half of a character; its other half is missing",
	}, problems)
}

func TestParseInvalidJSON(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "1:1 expected a value, found the end of the text",
		"{\n// x\n}":          "2:1 JSON has no comments: remove this one",
		`[1, ]`:               "1:3 JSON has no comma before a closing ]: remove it",
		`5 6`:                 "1:3 expected the end after the value, found '6'",
		`[] x`:                "1:4 expected the end after the closing ], found 'x'",
		"\"a\x01":             "1:3 the control character U+0001 must be escaped (a line break as \\n, a tab as \\t)",
		"[\"é\",\n \"\xe9\"]": "2:3 the byte 0xE9 is not part of a character; save the file as UTF-8",
		"\xfe\xff\x00{":       "1:1 it is UTF-16; save it as UTF-8",
		"\xff":                "1:1 the byte 0xFF is not part of a character; save the file as UTF-8",
		"01":                  "1:3 this is not a JSON number",
	} {
		_, err := (&JSON{Budget: budget()}).Parse([]byte(text))
		f, ok := fault.As(err)
		if assert.True(t, ok, "%q: %v", text, err) {
			assert.Equal(t, want, fmt.Sprintf("%d:%d %s", f.Fields[0].Line, f.Fields[0].Column, f.Fields[0].Detail), "%q", text)
		}
	}
	j := JSON{Budget: budget(), SuggestYAML: true}
	_, err := j.Parse([]byte("# x"))
	assert.False(t, j.FailedAtComment, "%v", err)
	_, err = j.Parse([]byte("[/* x */]"))
	assert.True(t, j.FailedAtComment)
	assert.ErrorContains(t, err, "or save the file as YAML, where a comment begins with #")
}

func TestLenientJSONAcceptsTrailingCommas(t *testing.T) {
	j := JSON{Budget: budget(), Lenient: true}
	n, err := j.Parse([]byte("{\"a\": [1,\n ],}"))
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"a": []any{json.Number("1")}}, n.Value())
	assert.Equal(t, 2, j.TrailingCommas)
	assert.Equal(t, TrailingComma{']', 1, 9}, j.FirstTrailingComma)
	for _, text := range []string{"[,]", "[1,,]", "{,}"} {
		_, err := j.Parse([]byte(text))
		assert.Error(t, err, text)
	}
}

func TestBudget(t *testing.T) {
	b := budget()
	for _, c := range []struct {
		text string
		want error
	}{
		{"[" + strings.Repeat("0,", 500) + "0]", nil},
		{"[" + strings.Repeat("0,", 500) + "0]", errValues}, // the texts share the budget
		{"0", errValues},
	} {
		_, err := (&JSON{Budget: b}).Parse([]byte(c.text))
		assert.ErrorIs(t, err, c.want)
	}
	assert.True(t, b.Exhausted())
	_, err := (&JSON{Budget: budget()}).Parse([]byte(`"` + strings.Repeat("x", 10_001) + `"`))
	assert.ErrorIs(t, err, errText)
	_, err = (&JSON{Budget: budget()}).Parse([]byte(strings.Repeat("[", 1<<20)))
	assert.ErrorContains(t, err, "This is nested too deeply to be read.: line 1, column 22: nested deeper than 20 levels")
}

// FuzzJSON checks that JSON accepts the same texts as encoding/json and decodes the same
// values.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{`{"a": [1, -0.5e3, true, null, "\ud83d\udd0d\n"]}`, `[1,]`, `{"a":1,"a":2}`, `"\ud83d"`, "1e999", "// x\n{}", "\uFEFF[]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := (&JSON{Budget: budget()}).Parse([]byte(text))
		if err != nil {
			if e, ok := fault.As(err); ok && e.Kind == fault.Malformed {
				require.False(t, utf8.ValidString(text) && json.Valid([]byte(text)), "refused, and it is JSON: %v", err)
			}
			return
		}
		text = strings.TrimPrefix(text, "\uFEFF")
		require.True(t, json.Valid([]byte(text)), "taken, and no JSON")
		flawed := false
		n.Problems(NewPath(""), func(pointer *Path, _ string, line, column int) {
			flawed = true
			at, _ := n.Find(pointer.String())
			require.True(t, at != nil && line > 0 && column > 0)
		})
		if flawed {
			return
		}
		dec := json.NewDecoder(bytes.NewReader([]byte(text)))
		dec.UseNumber()
		var want any
		require.NoError(t, dec.Decode(&want))
		require.Equal(t, canonical(want), n.Value())
	})
}

func canonical(v any) any {
	switch v := v.(type) {
	case json.Number:
		n, _ := CanonicalNumber(v.String())
		return n
	case []any:
		for i := range v {
			v[i] = canonical(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = canonical(v[name])
		}
	}
	return v
}
