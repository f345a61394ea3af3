// Package suggest suggests the known name closest to an unknown one, if any is near.
package suggest

import (
	"fmt"
	"slices"
	"strings"
)

// maxCompared bounds how much of the unknown name is compared, in bytes. A longer name is not
// a typo.
const maxCompared = 60

// Near returns the name in names that is closest to name, if it is near: at most half of the
// letters of the longer name differ, or one name contains the other. "role" suggests
// "default_role" however many letters are missing. A difference in case counts less than any
// other. It returns "" if no name is near. A suggestion of an unrelated name misleads: users
// accept it without another look.
func Near(name string, names []string) string {
	return closest(name, names, func(q query, c candidate) bool {
		return 2*c.distance <= max(len(q.lower), len(c.name))
	})
}

// Misspelled returns the name in names that name is a misspelling of, or "". It is stricter than
// Near, for names that grant permissions: one letter in a short name may differ, two in a name
// of eight letters or more. Two exchanged neighbors count as one letter; case, underscores and
// hyphens don't count. A name that merely contains another has its own meaning: "BashOutput" is
// not a misspelling of "Bash".
func Misspelled(name string, names []string) string {
	letters := strings.NewReplacer("_", "", "-", "").Replace
	return closest(name, names, func(q query, c candidate) bool {
		a, b := letters(q.lower), letters(strings.ToLower(c.name))
		allowed := min(len(a), len(b)) / 4
		if min(len(a), len(b)) == 3 {
			allowed = 1
		}
		return misspellings(a, b) <= min(allowed, 2)
	})
}

// HintNear formats Near's result with format, which has one verb, %s or %q. It returns "" if no name is
// near, so that a message ends where there is nothing to suggest.
func HintNear(format, name string, names []string) string {
	if near := Near(name, names); near != "" {
		return fmt.Sprintf(format, near)
	}
	return ""
}

// closest returns the closest of the names that isNear accepts, or "".
func closest(name string, names []string, isNear func(query, candidate) bool) string {
	q := newQuery(name)
	guesses := slices.DeleteFunc(q.candidates(names), func(c candidate) bool { return !isNear(q, c) })
	if len(guesses) == 0 {
		return ""
	}
	return slices.MinFunc(guesses, q.compare).name
}

// Ranked returns the names ordered from closest to farthest, with the ranking of Near.
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

// misspellings returns the edit distance between a and b, in which two exchanged neighbors count
// as one edit.
func misspellings(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range len(b) {
		rows[0][j+1] = j + 1
	}
	for i := range len(a) {
		for j := range len(b) {
			best := rows[i][j]
			if a[i] != b[j] {
				best = 1 + min(rows[i][j], rows[i][j+1], rows[i+1][j])
			}
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				best = min(best, rows[i-1][j-1]+1)
			}
			rows[i+1][j+1] = best
		}
	}
	return rows[len(a)][len(b)]
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
