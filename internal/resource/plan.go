package resource

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
