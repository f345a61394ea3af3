package diff

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Span is a part of a line.
type Span struct {
	Text string
	// Changed says that the other line doesn't have it.
	Changed bool
}

// Words compares two lines word by word, within a budget. Where they have so little
// in common that marks would be no help, or the budget ends first, ok is false.
func Words(before, after string, budget *Budget) (old, now []Span, ok bool) {
	if !budget.spend((len(before) + len(after)) / bytesPerStep) {
		return nil, nil, false
	}
	a, b := wordsOf(before), wordsOf(after)
	removed, added := edits(a, b, 0, budget)
	if budget.Exhausted() {
		return nil, nil, false
	}
	common, left := signs(a, removed)
	_, right := signs(b, added)
	if 3*common < max(left, right) && common < min(left, right) {
		return nil, nil, false
	}
	return spans(before, a, removed), spans(after, b, added), true
}

// signs counts characters other than blanks around words: those that both lines have,
// and all of them.
func signs(words []string, changed []bool) (common, total int) {
	for i, w := range words {
		n := utf8.RuneCountInString(strings.TrimSpace(w))
		total += n
		if !changed[i] {
			common += n
		}
	}
	return common, total
}

// spans joins words that changed alike. The blanks between two changed words count
// as changed, too: one mark over both is calmer than two.
func spans(line string, words []string, changed []bool) (out []Span) {
	start, end := 0, 0 // of the span that is being made
	marked := false
	cut := func() {
		if end > start {
			out = append(out, Span{line[start:end], marked})
		}
		start = end
	}
	for i := 0; i < len(words); {
		last, length := i, 0
		for ; last < len(words) && changed[last] == changed[i]; last++ {
			length += len(words[last])
		}
		between := i > 0 && last < len(words) && !changed[i] && strings.TrimSpace(line[end:end+length]) == ""
		if mark := changed[i] || between; mark != marked {
			cut()
			marked = mark
		}
		end += length
		i = last
	}
	cut()
	return out
}

// wordsOf cuts a line into words, blanks, and single signs. What makes up one
// letter or one picture together stays together; scripts that are written without
// blanks are cut into their letters.
func wordsOf(line string) (words []string) {
	last, start := other, 0
	for i, r := range line {
		kind := kindOf(r)
		if i > 0 && (kind == attached || kind != single && kind == last) {
			if kind == attached {
				continue // what comes next still follows the word before
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
	picture
	// attached belongs to what stands before it: an accent, a joiner.
	attached
	// single stands for itself.
	single
)

const joiner = '\u200d'

func kindOf(r rune) runeKind {
	switch {
	case r < utf8.RuneSelf:
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_':
			return letter
		case unicode.IsSpace(r):
			return blank
		}
		return single
	case unicode.In(r, unicode.M, unicode.Variation_Selector) || r == joiner:
		return attached
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai):
		return single
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		return letter
	case unicode.IsSpace(r):
		return blank
	case r > unicode.MaxLatin1 && unicode.IsSymbol(r):
		return picture
	default:
		return single
	}
}
