package postgres

import (
	"context"
	"fmt"
	"slices"
	"sort"

	"github.com/google/uuid"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/resource"
)

// positionGap is the distance between modes' positions, so that one can be moved between two
// others without changing theirs.
const positionGap = 1 << 10

// maxPosition bounds positions, far below the limit of a 32-bit column.
const maxPosition = 1 << 30

// ModeOrder is the order in which an organization's modes are published.
type ModeOrder struct {
	IDs      []uuid.UUID
	Revision int64
}

// OrderModes puts an organization's modes into the order of the ids, and returns the
// revision after that. The ids must name every mode once. expected is the revision that the
// caller expects, 0 for any. At the expected revision, other ids are Invalid. Otherwise
// another revision, or modes added or deleted since, make it Stale, with the current
// ModeOrder.
//
// The order belongs to the library: no mode gets a new version.
func (db *DB) OrderModes(ctx context.Context, by audit.Attribution, org uuid.UUID, ids []uuid.UUID, expected int64) (revision int64, err error) {
	return db.withChange(ctx, by, org, func(c *change) error {
		all, err := db.Modes.kind.list(ctx, c.q, org)
		if err != nil {
			return err
		}
		before := c.org.Revision - 1
		ordered, wrong := resolveOrder(all, ids)
		switch {
		case expected == before && len(wrong) > 0:
			return fault.New(fault.Invalid, "invalid_order", "An order must list every mode once. Nothing was moved").With(wrong...)
		case expected != 0 && expected != before, len(wrong) > 0:
			f := fault.New(fault.Stale, "revision_conflict",
				"The modes have changed: the library is now at revision %d. Nothing was moved; reload the list and try again", before).With(wrong...)
			now := ModeOrder{Revision: before}
			for _, m := range all {
				now.IDs = append(now.IDs, m.ID)
			}
			f.Current = now
			return f
		}
		return c.reorder(ctx, all, ordered)
	})
}

// reorder moves modes to their positions in another order, and records that.
func (c *change) reorder(ctx context.Context, before, after []resource.Object) error {
	move := sqlcgen.MoveModesParams{OrganizationID: c.org.ID}
	for i, position := range assignPositions(after) {
		if m := after[i]; m.Position != position {
			move.Ids = append(move.Ids, m.ID)
			move.Positions = append(move.Positions, int32(position)) // at most maxPosition
		}
	}
	if len(move.Ids) == 0 {
		return nil
	}
	if _, err := c.q.MoveModes(ctx, move); err != nil {
		return fmt.Errorf("move modes: %w", err)
	}
	e := auditEntry{
		organization: &c.org.ID, revision: &c.org.Revision, action: audit.Reorder,
		subject: audit.Subject{Kind: audit.Organization, ID: c.org.ID.String(), Name: c.org.Name},
	}
	var err error
	if e.before, err = encodeJSON(newModeOrder(before)); err != nil {
		return err
	}
	if e.after, err = encodeJSON(newModeOrder(after)); err != nil {
		return err
	}
	c.recorded++
	return insertAudit(ctx, c.q, c.by, e)
}

// modeOrder is an order in the audit log.
type modeOrder struct {
	// Modes holds the slugs of the modes.
	Modes []string `json:"modes"`
}

func newModeOrder(modes []resource.Object) modeOrder {
	o := modeOrder{Modes: make([]string, len(modes))}
	for i, m := range modes {
		o.Modes[i] = m.Spec.ObjectName()
	}
	return o
}

// resolveOrder returns the modes in the order of the ids, and the errors in the ids.
func resolveOrder(all []resource.Object, ids []uuid.UUID) (ordered []resource.Object, wrong []fault.Field) {
	left := make(map[uuid.UUID]resource.Object, len(all))
	for _, m := range all {
		left[m.ID] = m
	}
	for i, id := range ids {
		m, ok := left[id]
		if !ok {
			detail := "There is no such mode"
			if slices.ContainsFunc(all, func(m resource.Object) bool { return m.ID == id }) {
				detail = "It is listed twice"
			}
			wrong = append(wrong, fault.Field{Pointer: fmt.Sprintf("/ids/%d", i), Detail: detail})
			continue
		}
		ordered = append(ordered, m)
		delete(left, id)
	}
	for _, m := range all {
		if _, ok := left[m.ID]; ok {
			wrong = append(wrong, fault.Field{Pointer: "/ids", Detail: fmt.Sprintf("%s (%s) is missing", m.Spec.Title(), m.ID)})
		}
	}
	return ordered, wrong
}

// assignPositions returns ascending positions for modes in the given order. As many modes
// as possible keep their positions. If there is no room between those, all get new ones.
func assignPositions(ordered []resource.Object) []int {
	positions := make([]int, len(ordered))
	for i, m := range ordered {
		positions[i] = m.Position
	}
	stay := longestIncreasing(positions)
	for i := 0; i < len(positions); {
		if slices.Contains(stay, i) {
			i++
			continue
		}
		// The modes from i up to end move in between two that stay.
		end := i
		for end < len(positions) && !slices.Contains(stay, end) {
			end++
		}
		gap := positionGap
		switch {
		case i == 0 && end == len(positions):
			return respace(len(positions))
		case i == 0:
			positions[i] = positions[end] - gap*(end-i)
		case end == len(positions):
			positions[i] = positions[i-1] + gap
		default:
			if gap = (positions[end] - positions[i-1]) / (end - i + 1); gap == 0 {
				return respace(len(positions))
			}
			positions[i] = positions[i-1] + gap
		}
		for j := i + 1; j < end; j++ {
			positions[j] = positions[j-1] + gap
		}
		i = end
	}
	if n := len(positions); n > 0 && (positions[0] < -maxPosition || positions[n-1] > maxPosition) {
		return respace(n)
	}
	return positions
}

func respace(n int) []int {
	positions := make([]int, n)
	for i := range positions {
		positions[i] = (i + 1) * positionGap
	}
	return positions
}

// longestIncreasing returns the indexes of a longest increasing subsequence of the numbers
// (patience sorting).
func longestIncreasing(numbers []int) []int {
	var ends []int // indexes of the smallest ends of increasing subsequences, by their length
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
