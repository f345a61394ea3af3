package resource

import "orgmodes/internal/fault"

// Action is the action of a plan for one object.
type Action string

// The actions.
const (
	ActionCreate    Action = "create"
	ActionUpdate    Action = "update"
	ActionUnchanged Action = "unchanged"
	ActionDelete    Action = "delete"
	// ActionSkip is for a valid object that wasn't selected.
	ActionSkip Action = "skip"
	// ActionInvalid is for an object with problems in itself. ActionConflict is for an object
	// whose only problem is another object.
	ActionInvalid  Action = "invalid"
	ActionConflict Action = "conflict"
)

// Location is the position of an object in files.
type Location struct {
	// Index is the position among all entries of the files, from 0.
	Index int `json:"index"`
	// File is the file name, if there are several files.
	File string `json:"file,omitempty"`
	// Pointer is the JSON pointer (RFC 6901) within the file, such as "/customModes/3". It is
	// empty if the file is the object.
	Pointer string `json:"pointer"`
	// Line and Column are the start of the object, from 1; 0 if unknown.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
}

// FileEntry holds the kind-independent results of reading one object from a file.
type FileEntry struct {
	Location
	// Problems are reasons to refuse the object, with pointers into it and text positions.
	Problems []fault.Field
	// Notices report text that is interpreted differently from how it is written.
	Notices []Notice
	// Conflict refers to the earlier entry with the same name or the same id, if any.
	Conflict *Conflict
}

// Conflict refers to the entry that another entry collides with.
type Conflict struct {
	// Index is the position of the entry among all entries, from 0.
	Index int `json:"index"`
	// File is the file name, if there are several files.
	File string `json:"file,omitempty"`
	// Line is the first line of the entry, from 1.
	Line int `json:"line,omitempty"`
}

// Noticer is implemented by specs that can have valid content without effect. Whatever reads files
// or manifests shows the notices, which have pointers into the spec, to the author.
type Noticer interface{ Notices() []Notice }

// Notice is a remark about an object that doesn't cause it to be refused.
type Notice struct {
	// File is the file name, if there are several files.
	File string `json:"file,omitempty"`
	// Pointer is a JSON pointer (RFC 6901) into the object.
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
	// Line and Column are the position in the file, from 1; 0 if unknown.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
}
