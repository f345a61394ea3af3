package postgres

import (
	"context"
	"slices"
	"sort"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
)

// positionGap is how far apart modes are placed, so that one can be moved
// between two others without a new place, and a version, for those.
const positionGap = 1 << 10

// farthest is far from where a column of 32 bits ends.
const farthest = 1 << 30

// OrderModes puts an organization's modes into the order of the ids, all of
// which have to be there: what was added or deleted meanwhile makes it Stale, as
// does another revision than seen (0: any). It returns the revision after it.
func (db *DB) OrderModes(ctx context.Context, by audit.By, org uuid.UUID, ids []uuid.UUID, seen int64) (revision int64, err error) {
	return db.inChange(ctx, by, org, func(c *change) error {
		before := c.org.Revision - 1
		all, err := listModes(ctx, c.q, org)
		if err != nil {
			return err
		}
		byID := make(map[uuid.UUID]modes.OrganizationMode, len(all))
		for _, m := range all {
			byID[m.ID] = m
		}
		ordered := make([]modes.OrganizationMode, 0, len(ids))
		for _, id := range ids {
			if m, ok := byID[id]; ok {
				ordered = append(ordered, m)
				delete(byID, id) // not twice
			}
		}
		if seen != 0 && seen != before || len(ordered) != len(ids) || len(byID) > 0 {
			f := fault.New(fault.Stale, "revision_conflict",
				"The modes were changed meanwhile: the library is at revision %d now. Nothing was moved; look at the list and move again", before)
			f.Current = before
			return f
		}
		for i, position := range placed(ordered) {
			after := ordered[i]
			after.Position = position
			if _, err := modeNoun.change(ctx, c, ordered[i], after, audit.Update); err != nil {
				return err
			}
		}
		return nil
	})
}

// placed returns positions that rise in the order given. As many modes as
// possible keep the one that they have, and if there is no room between those
// all get new ones.
func placed(ordered []modes.OrganizationMode) []int {
	positions := make([]int, len(ordered))
	for i, m := range ordered {
		positions[i] = m.Position
	}
	stay := rising(positions)
	for i := 0; i < len(positions); {
		if slices.Contains(stay, i) {
			i++
			continue
		}
		// Those from i up to end move in between two that stay.
		end := i
		for end < len(positions) && !slices.Contains(stay, end) {
			end++
		}
		gap := positionGap
		switch {
		case i == 0 && end == len(positions):
			return spread(len(positions))
		case i == 0:
			positions[i] = positions[end] - gap*(end-i)
		case end == len(positions):
			positions[i] = positions[i-1] + gap
		default:
			if gap = (positions[end] - positions[i-1]) / (end - i + 1); gap == 0 {
				return spread(len(positions))
			}
			positions[i] = positions[i-1] + gap
		}
		for j := i + 1; j < end; j++ {
			positions[j] = positions[j-1] + gap
		}
		i = end
	}
	if n := len(positions); n > 0 && (positions[0] < -farthest || positions[n-1] > farthest) {
		return spread(n)
	}
	return positions
}

func spread(n int) []int {
	positions := make([]int, n)
	for i := range positions {
		positions[i] = (i + 1) * positionGap
	}
	return positions
}

// rising returns the indexes of a longest part of the numbers that rises
// (patience sorting).
func rising(numbers []int) []int {
	var ends []int // indexes of the smallest ends of rising parts, by their length
	before := make([]int, len(numbers))
	for i, n := range numbers {
		at := sort.Search(len(ends), func(k int) bool { return numbers[ends[k]] >= n })
		before[i] = -1
		if at > 0 {
			before[i] = ends[at-1]
		}
		if at == len(ends) {
			ends = append(ends, i)
		} else {
			ends[at] = i
		}
	}
	part := make([]int, len(ends))
	if len(ends) == 0 {
		return part
	}
	for i, k := ends[len(ends)-1], len(ends)-1; k >= 0; i, k = before[i], k-1 {
		part[k] = i
	}
	return part
}
