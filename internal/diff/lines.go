package diff

import "strings"

// maxEdits bounds the search for the shortest way from one text to another: it
// takes time and memory by its square. Beyond it, texts have little in common,
// and one is shown after the other.
const maxEdits = 1500

// Lines compares two texts by Myers' greedy algorithm ("An O(ND) Difference
// Algorithm and Its Variations", 1986).
func Lines(before, after string) []Line {
	return compare(strings.Split(before, "\n"), strings.Split(after, "\n"), maxEdits)
}

// compare tells how a becomes b, in at most so many edits between what they begin
// and end with alike.
func compare(a, b []string, edits int) []Line {
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	d := lineDiff{a: a, b: b}
	d.keep(start)
	d.middle(a[start:len(a)-end], b[start:len(b)-end], edits)
	d.keep(end)
	return d.lines
}

// lineDiff walks through both texts and says what it does.
type lineDiff struct {
	a, b  []string
	x, y  int
	lines []Line
}

func (d *lineDiff) keep(n int) {
	for range n {
		d.lines = append(d.lines, Line{Kind: Same, Text: d.a[d.x], OldLine: d.x + 1, NewLine: d.y + 1})
		d.x++
		d.y++
	}
}

func (d *lineDiff) remove(n int) {
	for range n {
		d.lines = append(d.lines, Line{Kind: Removed, Text: d.a[d.x], OldLine: d.x + 1})
		d.x++
	}
}

func (d *lineDiff) add(n int) {
	for range n {
		d.lines = append(d.lines, Line{Kind: Added, Text: d.b[d.y], NewLine: d.y + 1})
		d.y++
	}
}

func (d *lineDiff) middle(a, b []string, edits int) {
	rounds, ok := search(a, b, edits)
	if !ok {
		d.remove(len(a))
		d.add(len(b))
		return
	}
	// Walk back from the end, noting each step, then play them forwards.
	type step struct {
		down bool // a line of b is added; otherwise one of a is removed
		kept int  // and then so many are the same
	}
	var steps []step
	x, y := len(a), len(b)
	for round := len(rounds) - 1; round > 0; round-- {
		previous := rounds[round-1]
		k := x - y
		down := k == -round || k != round && previous.at(k-1) < previous.at(k+1)
		fromK := k - 1
		if down {
			fromK = k + 1
		}
		fromX := previous.at(fromK)
		fromY := fromX - fromK
		startX := fromX
		if !down {
			startX++
		}
		steps = append(steps, step{down, x - startX})
		x, y = fromX, fromY
	}
	d.keep(x)
	for i := len(steps) - 1; i >= 0; i-- {
		if steps[i].down {
			d.add(1)
		} else {
			d.remove(1)
		}
		d.keep(steps[i].kept)
	}
}

// reach is how far one gets in a round on each diagonal, from -round to round.
type reach struct {
	round int
	x     []int
}

func (r reach) at(k int) int {
	if k < -r.round || k > r.round {
		return -1
	}
	return r.x[k+r.round]
}

// search returns the rounds up to the one that reaches the end.
func search(a, b []string, edits int) ([]reach, bool) {
	var rounds []reach
	for round := 0; round <= min(len(a)+len(b), edits); round++ {
		r := reach{round: round, x: make([]int, 2*round+1)}
		for k := -round; k <= round; k += 2 {
			x := 0
			if round > 0 {
				previous := rounds[round-1]
				if k == -round || k != round && previous.at(k-1) < previous.at(k+1) {
					x = previous.at(k + 1)
				} else {
					x = previous.at(k-1) + 1
				}
			}
			y := x - k
			for x < len(a) && y < len(b) && a[x] == b[y] {
				x++
				y++
			}
			r.x[k+round] = x
			if x >= len(a) && y >= len(b) {
				return append(rounds, r), true
			}
		}
		rounds = append(rounds, r)
	}
	return nil, false
}
