package jsonast

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"orgmodes/internal/fault"
)

var errEmpty = errors.New("empty")

func parseYAML(text string, b *Budget) (*Node, error) {
	return YAML{Budget: b, Empty: errEmpty, MultipleAdvice: "keep one"}.Parse([]byte(text))
}

func yamlBudget() *Budget {
	b := budget()
	b.ValueStarts = 1000
	return b
}

// A text of 32 KB would expand to 90,000 copies of a string. The budget applies to the expanded
// aliases, not to the size of the input.
func TestYAMLNestedAliasesAreBoundedByBudget(t *testing.T) {
	text := "a: &a " + strings.Repeat("x", 20_000) + "\n" +
		"b: &b [" + strings.Repeat("*a,", 300) + "]\n" +
		"c: [" + strings.Repeat("*b,", 300) + "]\n" +
		"d: [" + strings.Repeat("1,", 5000) + "]\n"
	b := yamlBudget()
	b.Values, b.Text, b.ValueStarts = 20_000, 64<<10, 20_000
	var err error
	used := allocated(func() { _, err = parseYAML(text, b) })
	require.ErrorIs(t, err, errText)
	assert.Less(t, used, uint64(16<<20))
}

func TestYAMLDirectivesAreLimited(t *testing.T) {
	var tags strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&tags, "%%TAG !t%d! tag:x\n", i)
	}
	b := yamlBudget()
	b.ValueStarts = 1 << 20
	var err error
	used := allocated(func() { _, err = parseYAML(tags.String()+"--- x\n", b) })
	f, ok := fault.As(err)
	require.True(t, ok)
	assert.Equal(t, "too_many_directives", f.Code)
	assert.Equal(t, fault.TooLarge, f.Kind)
	assert.Less(t, used, uint64(4<<20))

	n, err := parseYAML("%YAML 1.1\n%TAG ! tag:x\n--- x\n", yamlBudget())
	require.NoError(t, err)
	assert.Equal(t, "x", n.Text)
}

func TestYAMLBudgetIsCheckedBeforeParsing(t *testing.T) {
	for _, unit := range []string{"- a\n", "a:\n", "- ", "? ", "#\n", "- \"a\"\n", "---\n"} {
		b := yamlBudget()
		var err error
		used := allocated(func() { _, err = parseYAML(strings.Repeat(unit, 100_000), b) })
		require.ErrorIs(t, err, errValues, unit)
		assert.Less(t, used, uint64(4<<20), unit)
		assert.True(t, b.Exhausted())
	}
	// The lines of a block scalar are one value.
	n, err := parseYAML("a: |\n"+strings.Repeat("  - x: [1, 2]\n", 600), yamlBudget())
	require.NoError(t, err)
	assert.Len(t, n.Get("a").Text, 600*len("- x: [1, 2]\n"))
}

func TestParseStopsWhenContextIsCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := yamlBudget()
	b.Context, b.Values = ctx, 10_000
	_, err := parseYAML("a: 1\n", b)
	require.NoError(t, err)
	cancel()
	_, err = parseYAML("a: 1\n", b)
	require.ErrorIs(t, err, context.Canceled)
	_, err = (&JSON{Budget: b}).Parse([]byte("[" + strings.Repeat("0,", 2000) + "0]"))
	require.ErrorIs(t, err, context.Canceled)
}

func TestYAMLErrorPositionInLongText(t *testing.T) {
	for _, before := range []int{0, 100, 5000, 100_000} {
		b := yamlBudget()
		b.Text, b.ValueStarts = 1<<21, 1<<20
		_, err := parseYAML("a: |\n"+strings.Repeat("  é text\n", before)+"b: c: d\n", b)
		f, ok := fault.As(err)
		require.True(t, ok)
		require.Len(t, f.Fields, 1)
		assert.Equal(t, fmt.Sprint(before+2, 7), fmt.Sprint(f.Fields[0].Line, f.Fields[0].Column))
	}
}

func countNodes(n *yaml.Node) int {
	count := 1
	for _, child := range n.Content {
		count += countNodes(child)
	}
	return count
}

// FuzzCountMarks checks that twice the count is an upper bound. Lines that CountValueStarts reads
// differently than yaml.v3 must count more.
func FuzzCountMarks(f *testing.F) {
	for _, text := range []string{
		"a: |\n  x\n  - y\nb: [1, {c: d}]\n", "- - |\n    [[,\n- x", "a: >-2 # c\n    {x\n", "\"a\n b: |\n   \", []", "[ \"\na: |\n  \", [],[]\n]",
		"'a': ''\n- 'it''s'\n", "|\n---\n[[]]\n", "a: b\n  |\n     # c\n     - x\n", "? |\n  x\n: y", "a: |\n  x\u2028- y\u2028- z\n", "a: |\r  x\r- y\r", "a: &b |\n  'x\n",
		"{a,b,c,d}", "[a,b,c]", "{:,:,:}", "- - - -", "--- |\n x\n--- [\n]", "a: |1\n   - x\n - y\n", "a: {b: \"x\ny: |\n  z\"}", "it's: [a,\nb: |\n  c,d,e,f,g]",
		"- a: |\n    b\n\n   \n  c: d\n", "key: |\n\t- x\n", "é: |\n  x\n", "a.b-c_d: >+\n \n  x\n y: z\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var doc yaml.Node
		if err := decodeYAML(yaml.NewDecoder(strings.NewReader(text)), &doc); err != nil {
			return
		}
		count := CountValueStarts([]byte(text), 1<<30)
		require.LessOrEqual(t, countNodes(&doc), 2*count+2, "%q", text)
	})
}
