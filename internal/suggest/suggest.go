// Package suggest suggests the known name closest to an unknown one.
package suggest

import (
	"slices"
	"strings"
)

// maxCompared bounds how much of the unknown name is compared, in bytes. A longer name is not
// a typo.
const maxCompared = 60

// Closest returns the name in names that is closest to name. A difference in case counts less
// than any other. A name that contains the other is close however many letters are missing:
// "role" suggests "default_role". names must not be empty.
func Closest(name string, names []string) string {
	q := newQuery(name)
	return slices.MinFunc(q.candidates(names), q.compare).name
}

// Ranked returns the names ordered from closest to farthest, with the ranking of Closest.
// It does not modify names.
func Ranked(name string, names []string) []string {
	q := newQuery(name)
	guesses := q.candidates(names)
	slices.SortStableFunc(guesses, q.compare)
	sorted := make([]string, len(names))
	for i, g := range guesses {
		sorted[i] = g.name
	}
	return sorted
}

// query holds the name to search for, as is and in lower case.
type query struct{ text, lower string }

func newQuery(text string) query {
	text = text[:min(len(text), maxCompared)]
	return query{text, strings.ToLower(text)}
}

// candidate is a name with its case-insensitive distance.
type candidate struct {
	name     string
	distance int
}

func (q query) candidates(names []string) []candidate {
	guesses := make([]candidate, len(names))
	for i, name := range names {
		guesses[i] = candidate{name, distance(q.lower, strings.ToLower(name))}
	}
	return guesses
}

// compare takes case into account only if the case-insensitive distances are equal.
func (q query) compare(a, b candidate) int {
	if a.distance != b.distance {
		return a.distance - b.distance
	}
	return levenshtein(q.text, a.name) - levenshtein(q.text, b.name)
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
