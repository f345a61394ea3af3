package password

import (
	"slices"
	"strings"
	"unicode"

	"github.com/trustelem/zxcvbn"
)

const (
	// minScore is the score from which a password is hard to guess, even by an attacker who
	// has its hash: about 10^8 guesses (zxcvbn's 3 of 4).
	minScore = 3
	// maxScored bounds the characters of a password that are scored. The search for patterns
	// takes time quadratic in the length. A longer password can only be guessed if its
	// beginning can.
	maxScored = 64
	// minWordLength is the minimum length, in bytes, of a word about the owner that counts: "a"
	// is in every password.
	minWordLength = 3
)

// guessable reports whether a password is among the first that an attacker tries:
// common passwords, words, names, dates, keyboard rows and repetitions. Words about the
// owner add no strength, so they are removed first.
func guessable(password string, about []string) bool {
	runes := []rune(strings.ToLower(password))
	if len(runes) > maxScored {
		runes = runes[:maxScored]
	}
	rest := string(runes)
	for _, word := range wordsOf(about) {
		rest = strings.ReplaceAll(rest, word, "")
	}
	if rest == "" {
		return true
	}
	if rest == string(runes) {
		rest = string([]rune(password)[:len(runes)]) // letter case counts if no word was removed
	}
	return zxcvbn.PasswordStrength(rest, nil).Score < minScore
}

// wordsOf returns the texts and the words in them in lower case, the longest first.
func wordsOf(texts []string) (words []string) {
	for _, t := range texts {
		t = strings.ToLower(t)
		words = append(words, t)
		words = append(words, strings.FieldsFunc(t, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })...)
	}
	words = slices.DeleteFunc(words, func(w string) bool { return len(w) < minWordLength })
	slices.SortStableFunc(words, func(a, b string) int { return len(b) - len(a) })
	return words
}
