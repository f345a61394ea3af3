package modes

import (
	"reflect"
	"strings"
)

// ChangeKind says what happened to a field or a line.
type ChangeKind string

// The kinds of change.
const (
	Added   ChangeKind = "added"
	Removed ChangeKind = "removed"
	Changed ChangeKind = "changed"
	Same    ChangeKind = "same"
)

// Change is one field that differs between two modes.
type Change struct {
	// Pointer is the field's place in the API's form of a mode.
	Pointer string `json:"pointer"`
	// Kind is Added, Removed or Changed.
	Kind ChangeKind `json:"kind"`
	// Before and After are in JSON shapes; nil where there was none.
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
	// Lines compares texts of several lines, all lines in order.
	Lines []LineChange `json:"lines,omitempty"`
}

// LineChange is a line of a text that was kept, added or removed.
type LineChange struct {
	// Kind is Same, Added or Removed.
	Kind ChangeKind `json:"kind"`
	Text string     `json:"text"`
	// OldLine and NewLine count from 1; 0 where that text doesn't have the line.
	OldLine int `json:"old_line,omitempty"`
	NewLine int `json:"new_line,omitempty"`
}

// Diff compares two modes field by field, unknown ones included, in the order
// in which a mode is written. Groups are one field: their order means nothing
// to editors, but people see it. Equal modes give nil.
func Diff(before, after Mode) []Change {
	var changes []Change
	changes = compare(changes, "/slug", textOrNone(before.Slug), textOrNone(after.Slug))
	changes = compare(changes, "/name", textOrNone(before.Name), textOrNone(after.Name))
	b, a := before.Config, after.Config
	changes = compare(changes, "/config/roleDefinition", textOrNone(b.RoleDefinition), textOrNone(a.RoleDefinition))
	changes = compare(changes, "/config/whenToUse", textOrNone(b.WhenToUse), textOrNone(a.WhenToUse))
	changes = compare(changes, "/config/description", textOrNone(b.Description), textOrNone(a.Description))
	changes = compare(changes, "/config/groups", groupValues(b.Groups), groupValues(a.Groups))
	changes = compare(changes, "/config/customInstructions", textOrNone(b.CustomInstructions), textOrNone(a.CustomInstructions))
	changes = compare(changes, "/config/permissionTemplate", textOrNone(b.PermissionTemplate), textOrNone(a.PermissionTemplate))
	return compareFields(changes, "/config", b.Extra, a.Extra)
}

// compareFields goes into objects, so that a change deep inside is shown where
// it is.
func compareFields(changes []Change, pointer string, before, after map[string]any) []Change {
	all := make(map[string]any, len(before)+len(after))
	for _, side := range []map[string]any{before, after} {
		for name := range side {
			all[name] = nil
		}
	}
	for _, name := range sortedKeys(all) {
		at := pointer + "/" + escapePointer(name)
		b, inBefore := before[name]
		a, inAfter := after[name]
		bFields, bIsMap := b.(map[string]any)
		aFields, aIsMap := a.(map[string]any)
		switch {
		case bIsMap && aIsMap:
			changes = compareFields(changes, at, bFields, aFields)
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

// compare takes nil for a field that isn't there.
func compare(changes []Change, pointer string, before, after any) []Change {
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

func changed(pointer string, before, after any) Change {
	c := Change{Pointer: pointer, Kind: Changed, Before: before, After: after}
	b, isText := before.(string)
	a, bothText := after.(string)
	if isText && bothText && (strings.Contains(b, "\n") || strings.Contains(a, "\n")) {
		c.Lines = diffLines(b, a)
	}
	return c
}

func textOrNone(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// groupValues is the list in JSON shapes, all the way down.
func groupValues(groups []Group) any {
	if groups == nil {
		return nil
	}
	values := make([]any, len(groups))
	for i, g := range groups {
		values[i] = g.value()
		pair, ok := values[i].([]any)
		if !ok {
			continue
		}
		options := map[string]any{}
		restriction, _ := pair[1].(Map)
		for _, p := range restriction {
			options[p.Name] = p.Value
		}
		pair[1] = options
	}
	return values
}
