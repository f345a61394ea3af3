package diff

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWordEdits bounds the search within a line, as maxEdits does over lines.
const maxWordEdits = 400

// Span is a part of a line.
type Span struct {
	Text string
	// Changed says that the other line doesn't have it.
	Changed bool
}

// Words compares two lines word by word. Where they have so little in common that
// marks would be no help, ok is false.
func Words(before, after string) (old, now []Span, ok bool) {
	common, left, right := 0, 0, 0 // signs other than blanks
	for _, l := range compare(wordsOf(before), wordsOf(after), maxWordEdits) {
		signs := utf8.RuneCountInString(strings.TrimSpace(l.Text))
		if l.Kind == Same {
			common += signs
		}
		if l.Kind != Added {
			left += signs
			old = appendWord(old, l)
		}
		if l.Kind != Removed {
			right += signs
			now = appendWord(now, l)
		}
	}
	if 3*common < max(left, right) && common < min(left, right) {
		return nil, nil, false
	}
	return joined(old), joined(now), true
}

func appendWord(spans []Span, l Line) []Span {
	changed := l.Kind != Same
	if n := len(spans); n > 0 && spans[n-1].Changed == changed {
		spans[n-1].Text += l.Text
		return spans
	}
	return append(spans, Span{l.Text, changed})
}

// joined takes the blanks between two changed words for changed, too: one mark
// over both is calmer than two.
func joined(spans []Span) (out []Span) {
	for i, s := range spans {
		n := len(out)
		blank := i > 0 && i < len(spans)-1 && !s.Changed && strings.TrimSpace(s.Text) == ""
		switch {
		case n > 0 && out[n-1].Changed && (blank || s.Changed):
			out[n-1].Text += s.Text
		default:
			out = append(out, s)
		}
	}
	return out
}

// wordsOf cuts a line into words, blanks, and single signs. What makes up one
// letter or one picture together stays together; scripts that are written without
// blanks are cut into their letters.
func wordsOf(line string) (words []string) {
	last := other
	for _, r := range line {
		kind := kindOf(r)
		if kind != single && kind != other && kind == last && len(words) > 0 || kind == attached && len(words) > 0 {
			words[len(words)-1] += string(r)
			if kind == attached {
				continue // what comes next still follows the word before
			}
		} else {
			words = append(words, string(r))
		}
		last = kind
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
	case unicode.In(r, unicode.M, unicode.Variation_Selector) || r == joiner:
		return attached
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai):
		return single
	case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_':
		return letter
	case unicode.IsSpace(r):
		return blank
	case r > unicode.MaxLatin1 && unicode.IsSymbol(r):
		return picture
	default:
		return single
	}
}
