package diff

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func marked(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		if s.Changed {
			b.WriteString("[" + s.Text + "]")
		} else {
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ before, after, old, now string }{
		{"You write the docs.", "You keep the docs.", "You [write] the docs.", "You [keep] the docs."},
		{"read the old text now", "read a new text now", "read [the old] text now", "read [a new] text now"},
		{"name: Docs", "name: Docs writer", "name: Docs", "name: Docs[ writer]"},
		{"Two.", "Two. And much more than that.", "Two.", "Two.[ And much more than that.]"},
		{"先看正确性再看风格", "先看安全性再看风格", "先看[正确]性再看风格", "先看[安全]性再看风格"},
		{"a 👩‍💻 at work", "a 👨‍👩‍👧‍👦 at work", "a [👩‍💻] at work", "a [👨‍👩‍👧‍👦] at work"},
		{"اكتب جملًا قصيرة", "اكتب جملًا طويلة", "اكتب جملًا [قصيرة]", "اكتب جملًا [طويلة]"},
		{"café is open", "cafe\u0301 is open", "[café] is open", "[cafe\u0301] is open"},
	} {
		old, now, ok := Words(c.before, c.after, fullBudget())
		require.True(t, ok, c.before)
		assert.Equal(t, c.old, marked(old))
		assert.Equal(t, c.now, marked(now))
	}
	_, _, ok := Words("nothing in common", "quite another line", fullBudget())
	require.False(t, ok, "marks over everything mark nothing")
}

// TestWordsReconstructBothLines checks that both lines can be reconstructed from the spans.
func TestWordsReconstructBothLines(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("ab _.é\u0301👩\u200d💻\ufe0f先看א ")))
		before, after := text.Draw(rt, "before"), text.Draw(rt, "after")
		require.Equal(rt, before, strings.Join(splitWords(before), ""))
		old, now, ok := Words(before, after, drawBudget(rt))
		if !ok {
			return
		}
		var was, is strings.Builder
		for _, s := range old {
			was.WriteString(s.Text)
		}
		for _, s := range now {
			is.WriteString(s.Text)
		}
		require.Equal(rt, before, was.String())
		require.Equal(rt, after, is.String())
	})
}

func TestWordsInLongLines(t *testing.T) {
	before, after := strings.Repeat("one of many words ", 4000), strings.Repeat("another of a few terms ", 4000)
	_, _, ok := Words(before, after, fullBudget())
	require.False(t, ok)
	old, now, ok := Words(before+"old end", before+"new end", fullBudget())
	require.True(t, ok)
	require.Equal(t, []bool{false, true, false}, []bool{old[0].Changed, old[1].Changed, old[2].Changed})
	require.Equal(t, "new", now[1].Text)
}
