package diff

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func fullBudget() *Budget { return NewBudget(context.Background(), DefaultSteps) }

// drawBudget also draws budgets that end during a comparison.
func drawBudget(t *rapid.T) *Budget {
	return NewBudget(context.Background(), rapid.OneOf(rapid.IntRange(0, 200), rapid.Just(DefaultSteps)).Draw(t, "steps"))
}

// allocated returns the number of bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestLongWordsTakeLinearWork guards against two quadratic costs: copying a word once
// per letter, and comparing whole words in each step of the search.
func TestLongWordsTakeLinearWork(t *testing.T) {
	for name, c := range map[string]struct{ before, after string }{
		"two long words":               {strings.Repeat("x", 240_000), strings.Repeat("x", 239_999) + "y"},
		"many long words":              {strings.Repeat(strings.Repeat("x", 1000)+" ", 240), strings.Repeat(strings.Repeat("x", 999)+"y ", 240)},
		"long words of attached signs": {"e" + strings.Repeat("\u0301", 120_000), "e" + strings.Repeat("\u0301", 119_999)},
		"letters between signs":        {strings.Repeat("a.", 120_000), strings.Repeat("b.", 120_000)},
		"no word alike":                {strings.Repeat("a b ", 60_000), strings.Repeat("c,d;", 60_000)},
	} {
		t.Run(name, func(t *testing.T) {
			budget := fullBudget()
			bytes := allocated(func() { Words(c.before, c.after, budget) })
			assert.Less(t, bytes, uint64(128<<20), "bytes allocated")
			assert.GreaterOrEqual(t, budget.Spent(), (len(c.before)+len(c.after))/bytesPerStep, "reading isn't free")
			assert.LessOrEqual(t, budget.Spent(), DefaultSteps)
		})
	}
}

func TestExhaustedBudgetEndsComparisons(t *testing.T) {
	// Two texts that are similar everywhere but have no long match: the worst case.
	var a, b []string
	for i := range 40_000 {
		a, b = append(a, fmt.Sprint(i%7, i%5)), append(b, fmt.Sprint(i%6, i%5))
	}
	before, after := strings.Join(a, "\n"), strings.Join(b, "\n")
	budget := NewBudget(t.Context(), 1<<20)
	Lines(before, after, budget)
	assert.True(t, budget.Exhausted(), "by the search: reading both takes a ninth of it")
	for range 5 {
		Lines(before, after, budget)
	}
	assert.Equal(t, 1<<20, budget.Spent())
	// Later comparisons are reported as replaced.
	assert.Equal(t, "-a|-b|+a|+c|", unified(Lines("a\nb", "a\nc", budget)))
	_, _, ok := Words("a b c", "a b d", budget)
	assert.False(t, ok)
	// Most words are the same, and the budget ends during the search for the others.
	before, after = strings.Repeat("a ", 100)+"b c", strings.Repeat("a ", 100)+"d e"
	whole := fullBudget()
	_, _, ok = Words(before, after, whole)
	assert.True(t, ok)
	_, _, ok = Words(before, after, NewBudget(t.Context(), whole.Spent()-1))
	assert.False(t, ok)
}

func TestCanceledContextEndsComparisons(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	budget := NewBudget(ctx, DefaultSteps)
	Lines(strings.Repeat("a\nb\n", 20_000), strings.Repeat("b\nc\n", 20_000), budget)
	assert.True(t, budget.Exhausted())
}

// TestLinesUseFewestEdits compares the search with a table of all edit distances.
func TestLinesUseFewestEdits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 40)
		a, b := text.Draw(rt, "before"), text.Draw(rt, "after")
		fewest := make([][]int, len(a)+1)
		for i := range fewest {
			fewest[i] = make([]int, len(b)+1)
			for j := range fewest[i] {
				switch {
				case i == 0 || j == 0:
					fewest[i][j] = i + j
				case a[i-1] == b[j-1]:
					fewest[i][j] = fewest[i-1][j-1]
				default:
					fewest[i][j] = 1 + min(fewest[i-1][j], fewest[i][j-1])
				}
			}
		}
		edits := 0
		for _, l := range Lines(strings.Join(a, "\n"), strings.Join(b, "\n"), fullBudget()) {
			if l.Kind != Same {
				edits++
			}
		}
		require.Equal(rt, fewest[len(a)][len(b)], edits)
	})
}

// TestExpensiveSearchFindsCommonLines checks that most equal lines are still found
// after the search gives up on the shortest edit script.
func TestExpensiveSearchFindsCommonLines(t *testing.T) {
	var a, b []string
	for i := range 3000 {
		a, b = append(a, fmt.Sprint("same ", i), fmt.Sprint("old ", i)), append(b, fmt.Sprint("same ", i), fmt.Sprint("new ", i))
	}
	same := 0
	for _, l := range Lines(strings.Join(a, "\n"), strings.Join(b, "\n"), NewBudget(t.Context(), 64<<20)) {
		if l.Kind == Same {
			same++
		}
	}
	assert.Greater(t, same, 2900)
}

func BenchmarkLinesOfTextsWithLittleInCommon(b *testing.B) {
	var old, now []string
	for i := range 40_000 {
		old, now = append(old, fmt.Sprint(i%7, i%5)), append(now, fmt.Sprint(i%6, i%5))
	}
	before, after := strings.Join(old, "\n"), strings.Join(now, "\n")
	b.ReportAllocs()
	for b.Loop() {
		Lines(before, after, fullBudget())
	}
}

func BenchmarkWordsOfOneLongWord(b *testing.B) {
	before, after := strings.Repeat("x", 240_000), strings.Repeat("x", 239_999)+"y"
	b.ReportAllocs()
	for b.Loop() {
		Words(before, after, fullBudget())
	}
}
