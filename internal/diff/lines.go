package diff

import "strings"

// Lines compares two texts line by line, within a budget. Added lines come after the removed
// lines that they replace.
func Lines(before, after string, budget *Budget) []Line {
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	removed, added := edits(a, b, len(before)+len(after), budget)
	lines := make([]Line, 0, max(len(a), len(b)))
	for x, y := 0, 0; x < len(a) || y < len(b); {
		switch {
		case x < len(a) && removed[x]:
			lines = append(lines, Line{Kind: Removed, Text: a[x], OldLine: x + 1})
			x++
		case y < len(b) && added[y]:
			lines = append(lines, Line{Kind: Added, Text: b[y], NewLine: y + 1})
			y++
		default:
			lines = append(lines, Line{Kind: Same, Text: a[x], OldLine: x + 1, NewLine: y + 1})
			x, y = x+1, y+1
		}
	}
	return lines
}

// edits reports which parts of before were removed and which of after were added. bytes is
// their total length.
func edits(before, after []string, bytes int, budget *Budget) (removed, added []bool) {
	if !budget.spend(bytes/bytesPerStep + len(before) + len(after)) {
		removed, added = make([]bool, len(before)), make([]bool, len(after))
		markAll(removed)
		markAll(added)
		return removed, added
	}
	// Parts are mapped to numbers, so that comparing two parts is cheap.
	numbers := make(map[string]int, len(before))
	number := func(parts []string) []int {
		out := make([]int, len(parts))
		for i, part := range parts {
			n, ok := numbers[part]
			if !ok {
				n = len(numbers)
				numbers[part] = n
			}
			out[i] = n
		}
		return out
	}
	return compare(number(before), number(after), budget)
}

func markAll(flags []bool) {
	for i := range flags {
		flags[i] = true
	}
}
