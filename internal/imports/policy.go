package imports

import (
	"maps"
	"slices"
)

// Decision tells what to do with an entry in conflict. It conflicts with an object of the
// library that has its name, or with an earlier entry.
type Decision string

// The decisions.
const (
	// Undecided leaves the conflict open.
	Undecided Decision = ""
	// Skip leaves out the entry and keeps the other one unchanged.
	Skip Decision = "skip"
	// Replace replaces the other one with the entry.
	Replace Decision = "replace"
	// KeepBoth stores the entry under a free name.
	KeepBoth Decision = "keep_both"
)

// ConflictPolicy selects entries and decides their conflicts. The zero value selects all
// entries and decides nothing. Names are compared by the name key of their kind.
type ConflictPolicy struct {
	// Default decides the conflicts that neither ByName nor ByIndex names.
	Default Decision
	// ByName decides by the name of an entry, ByIndex by its Index. ByIndex wins.
	ByName  map[string]Decision
	ByIndex map[int]Decision
	// Names and Indexes select entries; if both are nil, all are selected. Of two entries
	// whose conflict is a problem of the file, the second can be selected by index only.
	Names   []string
	Indexes []int
}

// selects reports whether the policy selects the entry.
func (c ConflictPolicy) selects(e Entry, key func(string) string) bool {
	if c.Names == nil && c.Indexes == nil || slices.Contains(c.Indexes, e.Index) {
		return true
	}
	return slices.ContainsFunc(c.Names, func(name string) bool { return key(name) == key(e.Spec.ObjectName()) })
}

// decide returns the decision for an entry in conflict.
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
