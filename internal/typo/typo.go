// Package typo guesses which name is meant by one that nobody knows.
package typo

import (
	"slices"
	"strings"
)

// longest bounds what is compared: nothing longer is a typing error.
const longest = 60

// Nearest returns the name that resembles what was written most. A difference in
// case counts for less than any other, and who writes "role" means "default_role",
// however many letters are missing. There must be names.
func Nearest(written string, names []string) string {
	w := worded(written)
	return slices.MinFunc(w.guesses(names), w.compare).name
}

// Sorted returns the names with those that resemble what was written most first,
// as Nearest has it.
func Sorted(written string, names []string) []string {
	w := worded(written)
	guesses := w.guesses(names)
	slices.SortStableFunc(guesses, w.compare)
	sorted := make([]string, len(names))
	for i, g := range guesses {
		sorted[i] = g.name
	}
	return sorted
}

// word is what was written, as it is and in small letters.
type word struct{ written, lower string }

func worded(written string) word {
	written = written[:min(len(written), longest)]
	return word{written, strings.ToLower(written)}
}

// guess is a name, and how unlike it is whatever its case.
type guess struct {
	name   string
	unlike int
}

func (w word) guesses(names []string) []guess {
	guesses := make([]guess, len(names))
	for i, name := range names {
		guesses[i] = guess{name, unlikeness(w.lower, strings.ToLower(name))}
	}
	return guesses
}

// compare looks at the case only where nothing else tells two names apart.
func (w word) compare(a, b guess) int {
	if a.unlike != b.unlike {
		return a.unlike - b.unlike
	}
	return distance(w.written, a.name) - distance(w.written, b.name)
}

func unlikeness(a, b string) int {
	if a != b && min(len(a), len(b)) >= 3 && (strings.Contains(a, b) || strings.Contains(b, a)) {
		return 1
	}
	return distance(a, b)
}

// distance is Levenshtein's: the edits that make one word of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
