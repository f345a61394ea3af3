package imports

import (
	"maps"
	"slices"
)

// Decision is what becomes of an entry in conflict: with an object of the library that
// has its name, or with an entry before it.
type Decision string

// The decisions.
const (
	// Undecided leaves the conflict open.
	Undecided Decision = ""
	// Skip leaves the other one as it is, and the entry out.
	Skip Decision = "skip"
	// Replace puts the entry in the place of the other one.
	Replace Decision = "replace"
	// KeepBoth keeps the entry under a free name.
	KeepBoth Decision = "keep_both"
)

// ConflictPolicy selects entries, and decides the conflicts of those. The zero value
// selects all of them and decides nothing. Names are compared by the key of their kind.
type ConflictPolicy struct {
	// Default is for the conflicts that nothing else names.
	Default Decision
	// ByName is by the name of an entry, ByIndex by its Index, which wins.
	ByName  map[string]Decision
	ByIndex map[int]Decision
	// Names and Indexes are the entries to take; if both are nil, all are taken. Only by
	// index can the second of two entries be taken whose conflict is a problem of the file.
	Names   []string
	Indexes []int
}

// selects reports whether the entry is to be taken.
func (c ConflictPolicy) selects(e Entry, key func(string) string) bool {
	if c.Names == nil && c.Indexes == nil || slices.Contains(c.Indexes, e.Index) {
		return true
	}
	return slices.ContainsFunc(c.Names, func(name string) bool { return key(name) == key(e.Spec.ObjectName()) })
}

// decide returns what becomes of an entry in conflict.
func (c ConflictPolicy) decide(e Entry, key func(string) string) Decision {
	if d, ok := c.ByIndex[e.Index]; ok {
		return d
	}
	for _, name := range slices.Sorted(maps.Keys(c.ByName)) {
		if key(name) == key(e.Spec.ObjectName()) {
			return c.ByName[name]
		}
	}
	return c.Default
}
