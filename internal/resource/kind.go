package resource

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/diff"
	"orgmodes/internal/jsonast"
)

// Kind holds the rules of one kind of object.
type Kind interface {
	// Names returns the names of the kind.
	Names() Names
	// NameKey returns the key by which names are unique within the kind and the library. It is
	// empty for an invalid name.
	NameKey(name string) string
	// Read decodes a spec from the fields that Spec.Fields lists, and normalizes and validates
	// it as Check does. Unknown fields are refused. The error is a *fault.Error that lists each
	// problem by its pointer, and by line and column if known.
	Read(fields *jsonast.Node) (Spec, error)
	// Schema returns the JSON Schema (2020-12) of what Read accepts.
	Schema() jsonast.Map
	// Check normalizes a spec and validates it. The error is a *fault.Error that lists each
	// problem by its pointer.
	Check(Spec) (Spec, error)
	// Diff returns the changes from one spec to another, field by field. A nil spec has no
	// fields.
	Diff(before, after Spec) []diff.Change
	// CheckLibrary returns a *fault.Error (TooLarge) if a library can't hold this many objects
	// of the kind, with this many bytes together.
	CheckLibrary(objects, bytes int) error
	// NotFound returns the *fault.Error for an object that doesn't exist.
	NotFound() error
	// NameTaken returns the *fault.Error (Conflict) for a spec whose name an existing
	// object has.
	NameTaken(spec Spec, existing Object) error
	// InUse returns the *fault.Error (Conflict) for the deletion of an object that
	// others refer to.
	InUse(o Object, users []Referrer) error
}

// Names holds the names of a kind.
type Names struct {
	// Singular and Plural are used in paths, commands and the audit log: "mode", "modes".
	Singular, Plural string
	// Noun is the singular in sentences: "permission template".
	Noun string
	// Manifest is the kind in manifests: "PermissionTemplate".
	Manifest string
	// NameField is the field of a spec that holds the object's name.
	NameField string
	// Labeled is set if objects of the kind can have labels. Modes and permission templates
	// have none: their formats in the API, files and pages don't include labels.
	Labeled bool
}

// FindKind returns the kind with this singular, plural or manifest name, ignoring case.
func FindKind(kinds []Kind, name string) (Kind, bool) {
	for _, k := range kinds {
		n := k.Names()
		for _, candidate := range []string{n.Singular, n.Plural, n.Manifest} {
			if strings.EqualFold(candidate, name) {
				return k, true
			}
		}
	}
	return nil, false
}

// Spec is the content of an object: its user-editable fields. Implementations are values;
// methods never modify them.
type Spec interface {
	// ObjectName returns the name that is unique within the kind and the library.
	ObjectName() string
	// Title returns the display name.
	Title() string
	// Fields returns the user-editable fields as JSON values, in the order in which they are
	// written. A nil value can be omitted.
	Fields() jsonast.Map
	// Size returns the number of bytes that count towards the limits of the kind.
	Size() int
	// SameAs reports whether two normalized specs of one kind are equal.
	SameAs(Spec) bool
	// References returns the objects that the spec refers to.
	References() []Reference
	// WithReference returns a copy in which the reference at path has this name.
	WithReference(path, name string) Spec
}

// Reference is a spec's reference, by name, to another object of the same library.
type Reference struct {
	// Kind is the Singular of the target's kind.
	Kind string
	// Name is the target's name or, in user input, its id.
	Name string
	// Path is the JSON pointer (RFC 6901) of the reference in the API's format of the object.
	Path string
	// Required references can't dangle: if the target doesn't exist, the object is refused.
	Required bool
}

// Referrer is an object that refers to another one.
type Referrer struct {
	// Kind is the Singular of the object's kind.
	Kind string    `json:"kind"`
	ID   uuid.UUID `json:"id"`
	// Name is the object's title.
	Name string `json:"name"`
}

// Meta holds the metadata that a library stores for each object.
type Meta struct {
	ID             uuid.UUID
	OrganizationID uuid.UUID
	// CreatedBy and UpdatedBy are ids of actors.
	CreatedBy string
	UpdatedBy string
	CreatedAt time.Time
	UpdatedAt time.Time
	// Version counts the changes of the object, from 1.
	Version int64
	// Position orders the objects of a kind; 0 in kinds without an order.
	Position int
}

// MapObjects converts each object with convert.
func MapObjects[T any](objects []Object, convert func(Object) T) []T {
	all := make([]T, len(objects))
	for i, o := range objects {
		all[i] = convert(o)
	}
	return all
}

// Object is an object of a library.
type Object struct {
	Meta
	// Kind is the Singular of the object's kind.
	Kind string
	Spec Spec
	// Labels help people and tools to find the object, see CheckLabels. In an update, nil
	// leaves them unchanged.
	Labels map[string]string
	// Targets are the ids of the required references' targets, by Reference.Path.
	Targets map[string]uuid.UUID
	// Conditions are the library's observations about the object; versions have none.
	Conditions []Condition
}
