package templates

import (
	"math"
	"strings"
)

// maxTypo bounds what is compared: nothing longer is a typing error.
const maxTypo = 60

// nearest returns the name that resembles what was written most, a difference in
// case counting for less than any other. Who writes "role" means "default_role",
// however many letters are missing. There must be names.
func nearest(written string, names []string) string {
	written = written[:min(len(written), maxTypo)]
	best, bestName := math.MaxInt, ""
	for _, name := range names {
		unlike := unlikeness(strings.ToLower(written), strings.ToLower(name))
		if unlike < best || unlike == best && distance(written, name) < distance(written, bestName) {
			best, bestName = unlike, name
		}
	}
	return bestName
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
