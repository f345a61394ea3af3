package resource

import "orgmodes/internal/fault"

// Action is what a plan does with one object.
type Action string

// The actions.
const (
	ActionCreate    Action = "create"
	ActionUpdate    Action = "update"
	ActionUnchanged Action = "unchanged"
	ActionDelete    Action = "delete"
	// ActionSkip is for a valid object that wasn't selected.
	ActionSkip Action = "skip"
	// ActionInvalid is for an object with problems of its own, ActionConflict for one
	// whose only problem is another object.
	ActionInvalid  Action = "invalid"
	ActionConflict Action = "conflict"
)

// Place is where an object stands in files.
type Place struct {
	// Index is its place among all entries of the files, from 0.
	Index int `json:"index"`
	// File is the name of its file, where there are several.
	File string `json:"file,omitempty"`
	// Pointer is its JSON pointer (RFC 6901) within the file, "/customModes/3"; empty
	// where the file is the object.
	Pointer string `json:"pointer"`
	// Line and Column are where it begins, from 1; 0 if unknown.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
}

// FileEntry holds what reading a file found of one object, whatever its kind.
type FileEntry struct {
	Place
	// Problems refuse the object, with pointers into it and positions in the text.
	Problems []fault.Field
	// Notices report what was read differently from how it is written.
	Notices []Notice
	// Conflict names the entry before it that has the same name or the same id, if any.
	Conflict *Conflict
}

// Conflict names the entry of a file that another one collides with.
type Conflict struct {
	// Index is the place of the entry among all entries, from 0.
	Index int `json:"index"`
	// File is the name of its file, where there are several.
	File string `json:"file,omitempty"`
	// Line is where it begins, from 1.
	Line int `json:"line,omitempty"`
}

// Notice is a remark on an object that doesn't refuse it.
type Notice struct {
	// File is the name of the file, where there are several.
	File string `json:"file,omitempty"`
	// Pointer is a JSON pointer (RFC 6901) into the object.
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
	// Line and Column are the position in the file, from 1; 0 if unknown.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
}
