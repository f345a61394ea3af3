package jsonast

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
)

type nested struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
}

type target struct {
	Name   string           `json:"name"`
	Scopes []string         `json:"scopes"`
	At     *time.Time       `json:"at"`
	Yes    bool             `json:"yes,omitempty"`
	Among  []nested         `json:"among"`
	By     map[string]int   `json:"by"`
	Number map[int]string   `json:"number"`
	Any    map[string]any   `json:"any"`
	Ref    uuid.UUID        `json:"ref"`
	Deep   map[string][]int `json:"deep"`
}

func TestDecodeReadsExactNames(t *testing.T) {
	var got target
	require.NoError(t, DecodeJSON([]byte(`{
		"name": "n", "scopes": ["a", "b"], "at": "2026-05-01T12:00:00Z", "yes": true, "among": [{"id": "x", "version": 3}],
		"by": {"Ä": 1}, "number": {"7": "seven"}, "any": {"k": [null, 1.50, {}]}, "ref": "3f2b8c1e-6a4d-4f0b-9b57-0c1d2e3f4a5b", "deep": {"x": [1]}}`), budget(), &got))
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	assert.Equal(t, &at, got.At)
	assert.Equal(t, []nested{{"x", 3}}, got.Among)
	assert.Equal(t, []string{"a", "b"}, got.Scopes)
	assert.Equal(t, map[string]int{"Ä": 1}, got.By)
	assert.Equal(t, map[int]string{7: "seven"}, got.Number)
	assert.Equal(t, "map[k:[<nil> 1.5 map[]]]", fmt.Sprint(got.Any))
	assert.Equal(t, "3f2b8c1e-6a4d-4f0b-9b57-0c1d2e3f4a5b", got.Ref.String())

	got = target{Name: "kept"}
	require.NoError(t, DecodeJSON([]byte(`{"name": null, "at": null, "scopes": null}`), budget(), &got))
	assert.Equal(t, target{Name: "kept"}, got)
}

func TestDecodeRefusals(t *testing.T) {
	for text, want := range map[string]string{
		`{"Name": "x"}`:                         `1:2 /Name unknown field "Name"; the closest match is "name"`,
		`{"name": "x", "NAME": "y"}`:            `1:15 /NAME unknown field "NAME"; the closest match is "name"`,
		`{"\u017fcopes": []}`:                   `1:2 /ſcopes unknown field "ſcopes"; the closest match is "scopes"`,
		`{"name": "x",` + "\n" + `"name": "y"}`: `2:1 /name the field "name" appears twice (first on line 1); keep one`,
		`{"among": [{"id": "a", "why": 1}]}`:    `1:24 /among/0/why unknown field "why"`,
		`{"among": [{"version": "1"}]}`:         `1:24 /among/0/version must be a whole number, not text`,
		`{"among": [{"version": 1.5}]}`:         `1:24 /among/0/version must be a whole number, not the number 1.5`,
		`{"among": [{"version": 1e300}]}`:       `1:24 /among/0/version must be a whole number, not the number 1e+300`,
		`{"among": {}}`:                         `1:11 /among must be a list, not an object`,
		`{"name": 1}`:                           `1:10 /name must be text, not the number 1`,
		`{"scopes": [null]}`:                    `1:13 /scopes/0 must not be null; leave it out`,
		`{"at": "yesterday"}`:                   `1:8 /at must be a time such as 2026-05-01T12:00:00Z, not "yesterday"`,
		`{"at": 5}`:                             `1:8 /at must be a time such as 2026-05-01T12:00:00Z, not the number 5`,
		`{"yes": "true"}`:                       `1:9 /yes must be true or false, not text`,
		`{"number": {"x": "y"}}`:                `1:13 /number/x the name of this field must be a whole number`,
		`{"by": {"a": 1, "a": 2}}`:              `1:17 /by/a the field "a" appears twice (first on line 1); keep one`,
		`{"any": {"a": {"b": 1, "b": 2}}}`:      `1:24 /any/a/b the field "b" appears twice (first on line 1); keep one`,
		`{"name": "a\u0000b"}`:                  `1:10 /name this text contains the character U+0000, which can't be stored; remove it`,
		`{"name": "\ud800"}`:                    `1:10 /name \ud800 is half of a character; its other half is missing`,
		`{"by": {"\u0000": 1}}`:                 "1:9 /by/\x00 this text contains the character U+0000, which can't be stored; remove it",
		`[]`:                                    `1:1  must be an object, not a list`,
	} {
		var into target
		f, ok := fault.As(DecodeJSON([]byte(text), budget(), &into))
		require.True(t, ok, text)
		require.Len(t, f.Fields, 1, text)
		assert.Equal(t, "invalid_body", f.Code)
		p := f.Fields[0]
		assert.Equal(t, want, fmt.Sprintf("%d:%d %s %s", p.Line, p.Column, p.Pointer, p.Detail), text)
	}
	// Values that YAML can express but that can't be stored are refused, too.
	n, err := parseYAML("name: \"a\\0b\"\n", yamlBudget())
	require.NoError(t, err)
	f, ok := fault.As(n.Decode(&target{}))
	require.True(t, ok)
	require.Len(t, f.Fields, 1)
	assert.Equal(t, "/name", f.Fields[0].Pointer)
	assert.Equal(t, nulProblem, f.Fields[0].Detail)

	f, _ = fault.As(DecodeJSON([]byte(`{"x":`), budget(), &target{}))
	assert.Equal(t, "malformed_json", f.Code)
}

// allocated returns the number of bytes that do allocates.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A name can be as long as the text, with thousands of values below it. Pointers to all of them
// would take memory quadratic in the text size.
func TestLongNamesTakeLinearMemory(t *testing.T) {
	roomy := func() *Budget {
		b := budget()
		b.Values, b.Text = 100_000, 1<<20
		return b
	}
	long := strings.Repeat("k", 30<<10)
	for _, item := range []string{"0", `{"a":0,"a":1}`, `"\u0000"`} {
		text := []byte(`{"any":{"` + long + `":[` + strings.Repeat(item+",", 16_000) + item + `]}}`)
		var err error
		used := allocated(func() { err = DecodeJSON(text, roomy(), &target{}) })
		assert.Less(t, used, uint64(40<<20), item)
		if item == "0" {
			require.NoError(t, err)
			continue
		}
		f, _ := fault.As(err)
		require.Len(t, f.Fields, maxProblems+1)
		assert.Equal(t, "/any", f.Fields[0].Pointer, "the closest place that has a short pointer")
	}
}
