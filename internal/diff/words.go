package diff

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Span is a part of a line.
type Span struct {
	Text string
	// Changed is set if the other line lacks the text.
	Changed bool
}

// Words compares two lines word by word, within a budget. ok is false if the lines have too
// little in common for highlighting to help, or the budget ended first.
func Words(before, after string, budget *Budget) (old, now []Span, ok bool) {
	if !budget.spend((len(before) + len(after)) / bytesPerStep) {
		return nil, nil, false
	}
	a, b := splitWords(before), splitWords(after)
	removed, added := edits(a, b, 0, budget)
	if budget.Exhausted() {
		return nil, nil, false
	}
	common, left := countRunes(a, removed)
	_, right := countRunes(b, added)
	if 3*common < max(left, right) && common < min(left, right) {
		return nil, nil, false
	}
	return spans(before, a, removed), spans(after, b, added), true
}

// countRunes counts the non-blank characters at words: those in unchanged words, and all.
func countRunes(words []string, changed []bool) (common, total int) {
	for i, w := range words {
		n := utf8.RuneCountInString(strings.TrimSpace(w))
		total += n
		if !changed[i] {
			common += n
		}
	}
	return common, total
}

// spans joins adjacent words of the same status. Blanks between two changed words count as
// changed, too, as one mark is easier to read than two.
func spans(line string, words []string, changed []bool) (out []Span) {
	start, end := 0, 0 // of the current span
	changedSpan := false
	cut := func() {
		if end > start {
			out = append(out, Span{line[start:end], changedSpan})
		}
		start = end
	}
	for i := 0; i < len(words); {
		last, length := i, 0
		for ; last < len(words) && changed[last] == changed[i]; last++ {
			length += len(words[last])
		}
		between := i > 0 && last < len(words) && !changed[i] && strings.TrimSpace(line[end:end+length]) == ""
		if isChanged := changed[i] || between; isChanged != changedSpan {
			cut()
			changedSpan = isChanged
		}
		end += length
		i = last
	}
	cut()
	return out
}

// splitWords splits a line into words, blanks and single characters. Characters that form one
// letter or one emoji stay together. Scripts written without blanks are split into letters.
func splitWords(line string) (words []string) {
	last, start := other, 0
	for i, r := range line {
		kind := classifyRune(r)
		if i > 0 && (kind == combining || kind != single && kind == last) {
			if kind == combining {
				continue // the next character still follows the preceding word
			}
		} else {
			if i > 0 {
				words = append(words, line[start:i])
			}
			start = i
		}
		last = kind
	}
	if start < len(line) {
		words = append(words, line[start:])
	}
	return words
}

type runeKind int

const (
	other runeKind = iota
	letter
	blank
	symbol
	// combining characters belong to the preceding one: an accent, a joiner.
	combining
	// single characters are words of one character.
	single
)

const zeroWidthJoiner = '\u200d'

func classifyRune(r rune) runeKind {
	switch {
	case r < utf8.RuneSelf:
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_':
			return letter
		case unicode.IsSpace(r):
			return blank
		}
		return single
	case unicode.In(r, unicode.M, unicode.Variation_Selector) || r == zeroWidthJoiner:
		return combining
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai):
		return single
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		return letter
	case unicode.IsSpace(r):
		return blank
	case r > unicode.MaxLatin1 && unicode.IsSymbol(r):
		return symbol
	default:
		return single
	}
}
