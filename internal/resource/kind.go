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
	// Names returns what the kind is called.
	Names() Names
	// NameKey returns the part of a name that must be unique within the kind and the
	// library; it is empty for what can't be a name.
	NameKey(name string) string
	// Read reads a spec from the fields that Spec.Fields lists, and normalizes and
	// validates it as Check does. It is strict about what it doesn't know; the error is a
	// *fault.Error that blames each problem by its pointer, and its line and column if it
	// knows them.
	Read(fields *jsonast.Node) (Spec, error)
	// Schema returns the JSON Schema (2020-12) of what Read accepts.
	Schema() jsonast.Map
	// Check normalizes a spec and validates it. The error is a *fault.Error that
	// blames each problem by its pointer.
	Check(Spec) (Spec, error)
	// Diff returns the changes from one spec to another, field by field; nil is a spec
	// without fields.
	Diff(before, after Spec) []diff.Change
	// CheckLibrary returns a *fault.Error (TooLarge) if a library can't hold so many
	// objects of the kind, of so many bytes together.
	CheckLibrary(objects, bytes int) error
	// NotFound returns the *fault.Error for an object that doesn't exist.
	NotFound() error
	// NameTaken returns the *fault.Error (Conflict) for a spec whose name an existing
	// object has.
	NameTaken(spec Spec, existing Object) error
	// InUse returns the *fault.Error (Conflict) for the deletion of an object that
	// others refer to.
	InUse(o Object, users []User) error
}

// Names are what a kind is called.
type Names struct {
	// Singular and Plural are used in paths, commands and the audit log: "mode", "modes".
	Singular, Plural string
	// Noun is the singular in sentences: "permission template".
	Noun string
	// Manifest is the kind in manifests: "PermissionTemplate".
	Manifest string
	// NameField is the field of a spec that holds the object's name.
	NameField string
	// Labeled kinds have objects with labels. Modes and permission templates have none:
	// the forms in which the API, files and pages have them know no labels.
	Labeled bool
}

// FindKind finds a kind by its singular, its plural or its name in manifests, in any
// letter case.
func FindKind(kinds []Kind, name string) (Kind, bool) {
	for _, k := range kinds {
		n := k.Names()
		for _, known := range []string{n.Singular, n.Plural, n.Manifest} {
			if strings.EqualFold(known, name) {
				return k, true
			}
		}
	}
	return nil, false
}

// Spec is the content of an object: everything about it that a person writes.
// Implementations are values; methods never change them.
type Spec interface {
	// ObjectName returns the name that is unique within the kind and the library.
	ObjectName() string
	// Title returns the name that people see.
	Title() string
	// Fields lists what a person writes of the object, in the order in which it is
	// written, in JSON shapes; nil is a field that may be left out.
	Fields() jsonast.Map
	// Size returns what the spec counts against the limits of its kind, in bytes.
	Size() int
	// SameAs reports whether both, which are of one kind and normalized, are equal.
	SameAs(Spec) bool
	// References returns the objects that the spec refers to.
	References() []Reference
	// WithReference returns a copy in which the reference at path has another name.
	WithReference(path, name string) Spec
}

// Reference is the name of another object of the same library in a spec.
type Reference struct {
	// Kind is the Singular of the target's kind.
	Kind string
	// Name is the target's name or, as typed by a person, its id.
	Name string
	// Path is the JSON pointer (RFC 6901) of the reference in the object's API form.
	Path string
	// Required references can't dangle: without its target the object is refused.
	Required bool
}

// User is an object that refers to another one.
type User struct {
	// Kind is the Singular of its kind.
	Kind string    `json:"kind"`
	ID   uuid.UUID `json:"id"`
	// Name is its title.
	Name string `json:"name"`
}

// Meta is what a library records about each object.
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

// Each applies a conversion to each object.
func Each[T any](objects []Object, of func(Object) T) []T {
	all := make([]T, len(objects))
	for i, o := range objects {
		all[i] = of(o)
	}
	return all
}

// Object is an object of a library.
type Object struct {
	Meta
	// Kind is the Singular of its kind.
	Kind string
	Spec Spec
	// Labels are for people and tools to find the object by, see CheckLabels. For a change,
	// nil leaves them as they are.
	Labels map[string]string
	// Targets are the ids of its required references, by Reference.Path.
	Targets map[string]uuid.UUID
	// Conditions are what the library found out about it; versions have none.
	Conditions []Condition
}
