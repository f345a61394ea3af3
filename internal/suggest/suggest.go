// Package suggest suggests the known name closest to an unknown one.
package suggest

import (
	"slices"
	"strings"
)

// maxCompared bounds how much of the unknown name is compared, in bytes. A longer name is not
// a typo.
const maxCompared = 60

// Closest returns the name closest to the written one. A difference in case counts less
// than any other. A name that contains the other is close however many letters are missing:
// "role" suggests "default_role". names must not be empty.
func Closest(written string, names []string) string {
	w := newQuery(written)
	return slices.MinFunc(w.candidates(names), w.compare).name
}

// Ranked returns the names ordered from closest to farthest, with the ranking of Nearest.
// It does not modify names.
func Ranked(written string, names []string) []string {
	w := newQuery(written)
	guesses := w.candidates(names)
	slices.SortStableFunc(guesses, w.compare)
	sorted := make([]string, len(names))
	for i, g := range guesses {
		sorted[i] = g.name
	}
	return sorted
}

// query holds the written name, as is and in lower case.
type query struct{ written, lower string }

func newQuery(written string) query {
	written = written[:min(len(written), maxCompared)]
	return query{written, strings.ToLower(written)}
}

// candidate is a name with its case-insensitive distance.
type candidate struct {
	name     string
	distance int
}

func (w query) candidates(names []string) []candidate {
	guesses := make([]candidate, len(names))
	for i, name := range names {
		guesses[i] = candidate{name, distance(w.lower, strings.ToLower(name))}
	}
	return guesses
}

// compare takes case into account only if the case-insensitive distances are equal.
func (w query) compare(a, b candidate) int {
	if a.distance != b.distance {
		return a.distance - b.distance
	}
	return levenshtein(w.written, a.name) - levenshtein(w.written, b.name)
}

func distance(a, b string) int {
	if a != b && min(len(a), len(b)) >= 3 && (strings.Contains(a, b) || strings.Contains(b, a)) {
		return 1
	}
	return levenshtein(a, b)
}

// levenshtein returns the Levenshtein distance between a and b, in bytes.
func levenshtein(a, b string) int {
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
