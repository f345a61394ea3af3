package resource

// Verb is what an operation does.
type Verb string

// The verbs.
const (
	// Create adds an object.
	Create Verb = "create"
	// Update changes an object with Op.Edit.
	Update Verb = "update"
	// Put replaces the object of the same id or, failing that, of the same name; if
	// there is none, it creates one.
	Put Verb = "put"
	// Delete removes an object; its history stays.
	Delete Verb = "delete"
	// Restore makes an older version the current one. A deleted object returns under
	// its id.
	Restore Verb = "restore"
)

// Op is one operation of a change.
type Op struct {
	Verb Verb
	// Kind is the Singular of the object's kind.
	Kind string
	// Ref names an existing object by its id or its name. Restore takes only an id.
	Ref string
	// Seen is the version of the object that the caller knows, 0 for any: a newer one
	// makes the operation fail with a Stale fault. For an object that was deleted it is
	// the version of its deletion.
	Seen int64
	// New is the object to Create or Put. Only its Spec is required; a new object takes
	// its times, if set, and with Put its id, unless that is another organization's.
	New Object
	// Edit returns an object with the new Spec and Labels, given the current one, for
	// Update.
	Edit func(current Object) (Object, error)
	// Version is the one to Restore.
	Version int64
}

// Library is a consistent view of an organization's library.
type Library interface {
	// Objects lists the objects of a kind, by its Singular, in their order.
	Objects(kind string) ([]Object, error)
}

// Options change how operations are applied.
type Options struct {
	// DryRun applies the operations and rolls them back: the result is what applying
	// them now would return, but for the ids and times of new objects.
	DryRun bool
	// Seen is the revision of the library that the caller's operations were planned
	// for; 0 for any. Another one is a Stale fault.
	Seen int64
	// Plan returns further operations, given the library as it is while no one else can
	// change it. Its error is returned as it is.
	Plan func(Library) ([]Op, error)
	// Batch names the objects in the failures of single operations, and reports all of
	// these in one OpErrors, even for a single operation.
	Batch bool
}

// Result is what a change did.
type Result struct {
	// Revision is the library's after the change; it is unchanged if no object is.
	Revision int64
	// Outcomes has one element for each operation.
	Outcomes []Outcome
}

// Outcome is what one operation did.
type Outcome struct {
	// Action is ActionCreate, ActionUpdate, ActionUnchanged or ActionDelete.
	Action Action
	// Object is as it is now; a deleted one as it was.
	Object Object
	// Before is what an update replaced.
	Before *Object
}

// OpErrors are the failures of a change of several operations: each of them is in the
// way. None of the operations was applied.
type OpErrors []OpError

// OpError is the failure of one operation.
type OpError struct {
	// Index is the operation's place in the change, from 0.
	Index int
	// Err wraps a *fault.Error.
	Err error
}

// Error returns the message of the first failure.
func (e OpErrors) Error() string { return e[0].Err.Error() }

// Unwrap returns the failures.
func (e OpErrors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one.Err
	}
	return all
}
