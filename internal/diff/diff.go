// Package diff compares two versions of an object field by field, and texts line by line.
package diff

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"orgmodes/internal/jsonast"
)

// Kind is the kind of change to a field or a line.
type Kind string

// The kinds of change.
const (
	Added   Kind = "added"
	Removed Kind = "removed"
	Changed Kind = "changed"
	Same    Kind = "same"
)

// Change is one field that differs.
type Change struct {
	// Pointer refers to the field in the API's format of the object.
	Pointer string `json:"pointer"`
	// Kind is Added, Removed or Changed.
	Kind Kind `json:"kind"`
	// Before and After are JSON values; nil if absent.
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
	// Lines compares multi-line texts and has all lines in order; see WithLines.
	Lines []Line `json:"lines,omitempty"`
}

// Line is an unchanged, added or removed line of a text.
type Line struct {
	// Kind is Same, Added or Removed.
	Kind Kind   `json:"kind"`
	Text string `json:"text"`
	// OldLine and NewLine count from 1; they are 0 if that text doesn't have the line.
	OldLine int `json:"old_line,omitempty"`
	NewLine int `json:"new_line,omitempty"`
}

// Field appends the change of a field, if it differs. A nil value means that the field is
// absent.
func Field(changes []Change, pointer string, before, after any) []Change {
	switch {
	case reflect.DeepEqual(before, after):
		return changes
	case before == nil:
		return append(changes, Change{Pointer: pointer, Kind: Added, After: after})
	case after == nil:
		return append(changes, Change{Pointer: pointer, Kind: Removed, Before: before})
	default:
		return append(changes, changed(pointer, before, after))
	}
}

// Fields appends the changes of an object's fields, by name. It descends into nested objects,
// to report a change where it is. Null is a value like any other.
func Fields(changes []Change, pointer string, before, after map[string]any) []Change {
	all := maps.Clone(before)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, after)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		at := pointer + jsonast.EscapeToken(name)
		b, inBefore := before[name]
		a, inAfter := after[name]
		bFields, bIsMap := b.(map[string]any)
		aFields, aIsMap := a.(map[string]any)
		switch {
		case bIsMap && aIsMap:
			changes = Fields(changes, at, bFields, aFields)
		case inBefore && !inAfter:
			changes = append(changes, Change{Pointer: at, Kind: Removed, Before: b})
		case inAfter && !inBefore:
			changes = append(changes, Change{Pointer: at, Kind: Added, After: a})
		case !reflect.DeepEqual(b, a):
			changes = append(changes, changed(at, b, a))
		}
	}
	return changes
}

func changed(pointer string, before, after any) Change {
	return Change{Pointer: pointer, Kind: Changed, Before: before, After: after}
}

// WithLines sets the Lines of changed multi-line texts, within a budget.
func WithLines(changes []Change, budget *Budget) []Change {
	for i, c := range changes {
		before, isText := c.Before.(string)
		after, bothText := c.After.(string)
		if c.Kind == Changed && isText && bothText && (strings.Contains(before, "\n") || strings.Contains(after, "\n")) {
			changes[i].Lines = Lines(before, after, budget)
		}
	}
	return changes
}
