// Package suggest suggests the known name closest to an unknown one.
package suggest

import (
	"slices"
	"strings"
)

// longest bounds how much of the unknown name is compared, in bytes. A longer name is not
// a typo.
const longest = 60

// Nearest returns the name closest to the written one. A difference in case counts less
// than any other. A name that contains the other is close however many letters are missing:
// "role" suggests "default_role". names must not be empty.
func Nearest(written string, names []string) string {
	w := worded(written)
	return slices.MinFunc(w.guesses(names), w.compare).name
}

// Sorted returns the names ordered from closest to farthest, with the ranking of Nearest.
// It does not modify names.
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

// word holds the written name, as is and in lower case.
type word struct{ written, lower string }

func worded(written string) word {
	written = written[:min(len(written), longest)]
	return word{written, strings.ToLower(written)}
}

// guess is a name with its case-insensitive distance.
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

// compare takes case into account only if the case-insensitive distances are equal.
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

// distance returns the Levenshtein distance between a and b, in bytes.
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
