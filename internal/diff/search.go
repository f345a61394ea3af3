package diff

import "math"

// maxEdits is the number of edits, from either end, after which a search settles for the best
// path so far. Until then it looks for the shortest one.
const maxEdits = 512

// search compares two lists with Myers' algorithm in linear space ("An O(ND) Difference
// Algorithm and Its Variations", 1986, section 4b). It searches from both ends for the point
// where the paths meet, and recurses on both sides. If that takes too many edits, it divides at
// the furthest point, as GNU diff does.
type search struct {
	a, b []int
	// removed and added are the result: the elements of a and of b that the other list lacks.
	removed, added []bool
	// forward and backward record, for each diagonal, how far along a it was followed from
	// either end. The index of a diagonal is x-y plus offset.
	forward, backward []int
	offset            int
	budget            *Budget
}

// compare reports which elements of a were removed and which of b were added. It follows one of
// the shortest edit scripts, as long as the budget lasts.
func compare(a, b []int, budget *Budget) (removed, added []bool) {
	diagonals := len(a) + len(b) + 3
	s := search{
		a: a, b: b, removed: make([]bool, len(a)), added: make([]bool, len(b)),
		forward: make([]int, diagonals), backward: make([]int, diagonals), offset: len(b) + 1, budget: budget,
	}
	s.compareRange(0, len(a), 0, len(b))
	return s.removed, s.added
}

// compareRange compares a[x:xEnd] with b[y:yEnd].
func (s *search) compareRange(x, xEnd, y, yEnd int) {
	for {
		length := xEnd - x
		for x < xEnd && y < yEnd && s.a[x] == s.b[y] {
			x, y = x+1, y+1
		}
		for x < xEnd && y < yEnd && s.a[xEnd-1] == s.b[yEnd-1] {
			xEnd, yEnd = xEnd-1, yEnd-1
		}
		enough := s.budget.spend(length - (xEnd - x) + 1)
		middleX, middleY := 0, 0
		if enough && x < xEnd && y < yEnd {
			middleX, middleY, enough = s.divide(x, xEnd, y, yEnd)
		}
		if !enough || x == xEnd || y == yEnd {
			for ; x < xEnd; x++ {
				s.removed[x] = true
			}
			for ; y < yEnd; y++ {
				s.added[y] = true
			}
			return
		}
		s.compareRange(x, middleX, y, middleY)
		x, y = middleX, middleY
	}
}

// frontier is the progress of the search from one end.
type frontier struct {
	// reached records how far along a each diagonal between low and high was followed.
	reached   []int
	low, high int
	// unreached is the value in reached for a diagonal that wasn't followed.
	unreached int
}

// widen advances the frontier by one edit, to the adjacent diagonals within bounds.
func (f *frontier) widen(lowest, highest, offset int) {
	if f.low > lowest {
		f.low--
		f.reached[f.low-1+offset] = f.unreached
	} else {
		f.low++
	}
	if f.high < highest {
		f.high++
		f.reached[f.high+1+offset] = f.unreached
	} else {
		f.high--
	}
}

func (f *frontier) contains(diagonal int) bool { return f.low <= diagonal && diagonal <= f.high }

// divide finds a point on the path from one corner to the other. ok is false if the budget
// ended first.
func (s *search) divide(x, xEnd, y, yEnd int) (middleX, middleY int, ok bool) {
	first, last := x-y, xEnd-yEnd
	lowest, highest := x-yEnd, xEnd-y
	from := frontier{s.forward, first, first, -1}
	to := frontier{s.backward, last, last, math.MaxInt}
	from.reached[first+s.offset], to.reached[last+s.offset] = x, xEnd
	odd := (first-last)&1 != 0
	for edits := 1; ; edits++ {
		from.widen(lowest, highest, s.offset)
		for d := from.high; d >= from.low; d -= 2 {
			i := d + s.offset
			start := max(from.reached[i-1]+1, from.reached[i+1])
			p := start
			for p < xEnd && p-d < yEnd && s.a[p] == s.b[p-d] {
				p++
			}
			from.reached[i] = p
			if !s.budget.spend(p - start + 1) {
				return 0, 0, false
			}
			if odd && to.contains(d) && to.reached[i] <= p {
				return p, p - d, true
			}
		}
		to.widen(lowest, highest, s.offset)
		for d := to.high; d >= to.low; d -= 2 {
			i := d + s.offset
			start := min(to.reached[i-1], to.reached[i+1]-1)
			p := start
			for p > x && p-d > y && s.a[p-1] == s.b[p-d-1] {
				p--
			}
			to.reached[i] = p
			if !s.budget.spend(start - p + 1) {
				return 0, 0, false
			}
			if !odd && from.contains(d) && p <= from.reached[i] {
				return p, p - d, true
			}
		}
		if edits >= maxEdits {
			middleX, middleY = s.furthest(x, xEnd, y, yEnd, from, to)
			return middleX, middleY, true
		}
	}
}

// furthest returns the point of both fronts that is furthest from its start.
func (s *search) furthest(x, xEnd, y, yEnd int, from, to frontier) (bestX, bestY int) {
	best := -1
	for d := from.high; d >= from.low; d -= 2 {
		px := min(from.reached[d+s.offset], xEnd, yEnd+d)
		if distance := px + px - d - x - y; distance > best {
			best, bestX, bestY = distance, px, px-d
		}
	}
	for d := to.high; d >= to.low; d -= 2 {
		px := max(to.reached[d+s.offset], x, y+d)
		if distance := xEnd + yEnd - px - px + d; distance > best {
			best, bestX, bestY = distance, px, px-d
		}
	}
	return bestX, bestY
}
