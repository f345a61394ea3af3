package templates

import (
	"cmp"
	"slices"
	"strings"
)

// nearest returns the name that resembles what was written most, a difference in
// case counting for less than any other. Who writes "role" means "default_role",
// however many letters are missing. There must be names.
func nearest(written string, names []string) string {
	if len(written) > MaxToolLength {
		written = written[:MaxToolLength]
	}
	lower := strings.ToLower(written)
	unlike := func(name string) int {
		name = strings.ToLower(name)
		if shorter := min(len(lower), len(name)); lower != name && shorter >= 3 && (strings.Contains(name, lower) || strings.Contains(lower, name)) {
			return 1
		}
		return distance(lower, name)
	}
	return slices.MinFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(unlike(a), unlike(b)), cmp.Compare(distance(written, a), distance(written, b)))
	})
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
