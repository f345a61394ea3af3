package resource

// Verb is the kind of an operation.
type Verb string

// The verbs.
const (
	// Create adds an object.
	Create Verb = "create"
	// Update changes an object with Op.Edit.
	Update Verb = "update"
	// Put replaces the object with the same id or, failing that, the same name. If there is
	// neither, it creates one.
	Put Verb = "put"
	// Delete removes an object; its history remains.
	Delete Verb = "delete"
	// Restore makes an older version the current one. A deleted object keeps its id.
	Restore Verb = "restore"
)

// Op is one operation of a change.
type Op struct {
	Verb Verb
	// Kind is the Singular of the object's kind.
	Kind string
	// Ref is the id or the name of an existing object. Restore accepts only an id.
	Ref string
	// ExpectedVersion is the version of the object that the caller expects; 0 means any. If
	// the object is newer, the operation fails with a Stale fault. For a deleted object it is
	// the version of its deletion.
	ExpectedVersion int64
	// New is the object to Create or Put. Only its Spec is required. A new object takes its
	// times, if set, and with Put its id, unless another organization has that id.
	New Object
	// Edit returns an object with the new Spec and Labels, given the current one. It is for
	// Update.
	Edit func(current Object) (Object, error)
	// Version is the version to Restore.
	Version int64
}

// Library is a consistent view of an organization's library.
type Library interface {
	// Objects returns the objects of a kind, by its Singular, in order.
	Objects(kind string) ([]Object, error)
}

// Options change how operations are applied.
type Options struct {
	// DryRun applies the operations and rolls them back. The result is that of applying them
	// now, except for the ids and times of new objects.
	DryRun bool
	// ExpectedRevision is the revision of the library for which the operations were planned; 0
	// means any. A different revision is a Stale fault.
	ExpectedRevision int64
	// Plan returns further operations. It gets the library while no one else can change it. Its
	// error is returned unchanged.
	Plan func(Library) ([]Op, error)
	// Batch adds the object's name to the error of each operation. It reports all of these
	// errors in one OpErrors, even for a single operation.
	Batch bool
}

// Result is the result of a change.
type Result struct {
	// Revision is the library's revision after the change; it is unchanged if no object
	// changed.
	Revision int64
	// Outcomes has one element per operation.
	Outcomes []Outcome
}

// Outcome is the result of one operation.
type Outcome struct {
	// Action is ActionCreate, ActionUpdate, ActionUnchanged or ActionDelete.
	Action Action
	// Object is the object after the operation, or before its deletion.
	Object Object
	// Before is the object before an update.
	Before *Object
}

// OpErrors holds the errors of all failed operations of a change. None of the operations was
// applied.
type OpErrors []OpError

// OpError is the error of one operation.
type OpError struct {
	// Index is the position of the operation in the change, from 0.
	Index int
	// Err wraps a *fault.Error.
	Err error
}

// Error returns the message of the first error.
func (e OpErrors) Error() string { return e[0].Err.Error() }

// Unwrap returns the errors.
func (e OpErrors) Unwrap() []error {
	all := make([]error, len(e))
	for i, opErr := range e {
		all[i] = opErr.Err
	}
	return all
}
