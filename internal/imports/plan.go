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
	// KeepBoth returns spec under a free name, and notices about that. existing is kept
	// beside it; nil if that is an entry of the files.
	KeepBoth(spec resource.Spec, name string, existing resource.Spec) (resource.Spec, []resource.Notice)
	// ReplaceNotices returns notices about spec in the place of existing.
	ReplaceNotices(spec, existing resource.Spec) []resource.Notice
}

// Entry is an object in a file.
type Entry struct {
	resource.FileEntry
	// Spec is normalized, and valid unless there are Problems.
	Spec resource.Spec
	// ID, CreatedAt and UpdatedAt are those that the file gives; zero if it doesn't.
	ID                   uuid.UUID
	CreatedAt, UpdatedAt time.Time
	// ConflictRefuses reports that Conflict is the last of the Problems: it refuses the
	// entry, unless that is taken by its index and the other one isn't taken. Without it,
	// the policy decides.
	ConflictRefuses bool
	// Text is what the file has of the object; nil if only its Place is known.
	Text Text
}

// Text is the text of an object in a file.
type Text interface {
	// Position returns the position of a pointer into the object, or of what is closest
	// around it, from 1.
	Position(pointer string) (line, column int)
}

// Position returns the position of a pointer into the object.
func (e Entry) Position(pointer string) (line, column int) {
	if e.Text == nil {
		return e.Line, e.Column
	}
	return e.Text.Position(pointer)
}

// Item is what becomes of one entry.
type Item struct {
	Entry
	Action resource.Action
	// Selected reports whether the policy selects the entry.
	Selected bool
	// Object is what is kept: with another name than the entry if both are kept, and with
	// the id of the object that it updates. A new one has the id that the file gives if
	// that is free in the library, else none, and gets one when it is stored.
	Object resource.Object
	// Existing is the object that is updated or in the way, or that a new one is kept
	// beside; nil if there is none.
	Existing *resource.Object
	// Changes are what an update changes; with a conflict, what Replace would change.
	Changes []diff.Change
	// FreeName is the name for KeepBoth, if there is a conflict.
	FreeName string
	// Reason is why there is a conflict, in a sentence.
	Reason string
}

// Written reports whether the object is created or updated.
func (i Item) Written() bool {
	return i.Action == resource.ActionCreate || i.Action == resource.ActionUpdate
}

// target returns the object that the item is; nil for a new one.
func (i Item) target() *resource.Object {
	if i.Action == resource.ActionCreate {
		return nil
	}
	return i.Existing
}

// notice adds notices at their places in the text.
func (i *Item) notice(all ...resource.Notice) {
	for _, n := range all {
		n.File = i.File
		n.Line, n.Column = i.Position(n.Pointer)
		i.Notices = append(i.Notices, n)
	}
}

// Plan is what an import does.
type Plan struct {
	// Items has one element for each entry, in their order.
	Items []Item
	// LimitError is a *fault.Error if the library would outgrow its limits.
	LimitError error
}

// Count returns how many items have an action.
func (p Plan) Count(a resource.Action) int {
	n := 0
	for _, i := range p.Items {
		if i.Action == a {
			n++
		}
	}
	return n
}

// Ops returns the operations that do the plan, one for each item that is Written.
func (p Plan) Ops() []resource.Op {
	var ops []resource.Op
	for _, i := range p.Items {
		if i.Written() {
			ops = append(ops, resource.Op{Verb: resource.Put, Kind: i.Object.Kind, New: i.Object})
		}
	}
	return ops
}
