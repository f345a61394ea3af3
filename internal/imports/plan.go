package imports

import (
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/diff"
	"orgmodes/internal/resource"
)

// Kind is a resource.Kind whose objects can be imported from files.
type Kind interface {
	resource.Kind
	// NumberedName returns the n-th of the names like name, from 2: "docs-2".
	NumberedName(name string, n int) string
	// KeepBoth returns spec under a free name, and notices about the renaming. existing is
	// the object that keeps its name, or nil if that is another entry of the files.
	KeepBoth(spec resource.Spec, name string, existing resource.Spec) (resource.Spec, []resource.Notice)
	// ReplaceNotices returns notices about spec replacing existing.
	ReplaceNotices(spec, existing resource.Spec) []resource.Notice
}

// Entry is an object in a file.
type Entry struct {
	resource.FileEntry
	// Spec is normalized. It is valid unless there are Problems.
	Spec resource.Spec
	// ID, CreatedAt and UpdatedAt are the values in the file; zero if absent.
	ID                   uuid.UUID
	CreatedAt, UpdatedAt time.Time
	// ConflictIsProblem reports whether Conflict is the last of the Problems. It then rejects
	// the entry, unless the policy selects the entry by its index and does not select the
	// other one. If false, the policy decides the conflict.
	ConflictIsProblem bool
	// Text is the object's text in the file; nil if only its place is known.
	Text Text
}

// Text is the text of an object in a file.
type Text interface {
	// Position returns the 1-based position of a pointer into the object, or of the closest
	// enclosing value.
	Position(pointer string) (line, column int)
}

// Position returns the position of a pointer into the object.
func (e Entry) Position(pointer string) (line, column int) {
	if e.Text == nil {
		return e.Line, e.Column
	}
	return e.Text.Position(pointer)
}

// Item is the planned result for one entry.
type Item struct {
	Entry
	Action resource.Action
	// Selected reports whether the policy selects the entry.
	Selected bool
	// Object is the object to store. It has another name than the entry if both are kept,
	// and the id of the object that it updates. A new object has the id in the file if that
	// is free in the library; else it has none, and gets one when it is stored.
	Object resource.Object
	// Existing is the object that is updated, that is in conflict, or that is kept
	// alongside a new one; nil if there is none.
	Existing *resource.Object
	// Changes are the changes of an update; for a conflict, the changes by Replace.
	Changes []diff.Change
	// FreeName is the name for KeepBoth, if there is a conflict.
	FreeName string
	// Reason explains the conflict in a sentence, if any.
	Reason string
}

// Written reports whether the import creates or updates the object.
func (i Item) Written() bool {
	return i.Action == resource.ActionCreate || i.Action == resource.ActionUpdate
}

// target returns the existing object that the item stands for; nil for a new one.
func (i Item) target() *resource.Object {
	if i.Action == resource.ActionCreate {
		return nil
	}
	return i.Existing
}

// addNotices adds notices, with their positions in the text.
func (i *Item) addNotices(all ...resource.Notice) {
	for _, n := range all {
		n.File = i.File
		n.Line, n.Column = i.Position(n.Pointer)
		i.Notices = append(i.Notices, n)
	}
}

// Plan is the plan of an import.
type Plan struct {
	// Items has one element per entry, in the order of the entries.
	Items []Item
	// LimitError is a *fault.Error if the library would outgrow its limits.
	LimitError error
}

// Count returns the number of items with the action.
func (p Plan) Count(a resource.Action) int {
	n := 0
	for _, i := range p.Items {
		if i.Action == a {
			n++
		}
	}
	return n
}

// Ops returns the operations that carry out the plan, one for each item that is Written.
func (p Plan) Ops() []resource.Op {
	var ops []resource.Op
	for _, i := range p.Items {
		if i.Written() {
			ops = append(ops, resource.Op{Verb: resource.Put, Kind: i.Object.Kind, New: i.Object})
		}
	}
	return ops
}
