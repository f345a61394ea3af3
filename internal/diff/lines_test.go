package diff

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func unified(lines []Line) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%s%s|", map[Kind]string{Same: " ", Added: "+", Removed: "-"}[l.Kind], l.Text)
	}
	return b.String()
}

func TestFormGetNormalizesLineEndings(t *testing.T) {
	for _, c := range []struct{ before, after, want string }{
		{"a\nb\nc", "a\nb\nc", " a| b| c|"},
		{"a\nb\nc", "a\nx\nc", " a|-b|+x| c|"},
		{"a", "a\nb", " a|+b|"},
		{"a\nb", "b", "-a| b|"},
		{"a\nb\nc\na\nb\nb\na", "c\nb\na\nb\na\nc", "-a|-b| c|-a| b|+a| b| a|+c|"},
		{"a\n", "a", " a|-|"},
	} {
		assert.Equal(t, c.want, unified(Lines(c.before, c.after, fullBudget())))
	}
}

// TestLinesReconstructBothTexts checks that both texts can be reconstructed from the lines.
func TestLinesReconstructBothTexts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "", "d"}), 1, 30), func(l []string) string { return strings.Join(l, "\n") })
		before, after := text.Draw(rt, "before"), text.Draw(rt, "after")
		var old, now []string
		for _, l := range Lines(before, after, drawBudget(rt)) {
			if l.Kind != Added {
				old = append(old, l.Text)
				require.Equal(rt, len(old), l.OldLine)
			}
			if l.Kind != Removed {
				now = append(now, l.Text)
				require.Equal(rt, len(now), l.NewLine)
			}
		}
		require.Equal(rt, before, strings.Join(old, "\n"))
		require.Equal(rt, after, strings.Join(now, "\n"))
	})
}

func TestLinesWithNothingInCommon(t *testing.T) {
	var before, after []string
	for i := range 20_000 {
		before = append(before, fmt.Sprint("old ", i))
		after = append(after, fmt.Sprint("new ", i))
	}
	lines := Lines(strings.Join(before, "\n"), strings.Join(after, "\n"), fullBudget())
	assert.Len(t, lines, 40_000)
	assert.Equal(t, Removed, lines[19_999].Kind)
	assert.Equal(t, Added, lines[20_000].Kind)
}
