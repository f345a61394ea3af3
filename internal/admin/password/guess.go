package password

import (
	"strings"
	"unicode"

	"github.com/ccojocar/zxcvbn-go"
)

const (
	// enough is the score from which a password is hard to guess, also for whoever has
	// its hash: some 10^8 guesses (zxcvbn's 3 of 4).
	enough = 3
	// judged is how many characters of a password are looked at: patterns are searched
	// for in time that grows with the square of the length, and more than this can't
	// be guessed anyway unless the beginning can.
	judged = 32
)

// guessable reports whether a password is among those that are tried first: common
// ones, words, names, dates, rows of keys and repetitions, and what is known of its
// owner.
func guessable(password string, about []string) bool {
	runes := []rune(password)
	if len(runes) > judged {
		runes = runes[:judged]
	}
	return zxcvbn.PasswordStrength(string(runes), wordsOf(about)).Score < enough
}

// wordsOf are the texts and the words in them, as they would be guessed.
func wordsOf(texts []string) (words []string) {
	for _, t := range texts {
		t = strings.ToLower(t)
		words = append(words, t)
		words = append(words, strings.FieldsFunc(t, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })...)
	}
	return words
}
