package templates

import (
	"encoding/json"
	"fmt"

	"orgmodes/internal/diff"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
)

// KindName is the singular of the kind of permission templates.
const KindName = "template"

// Kind is the kind of permission templates.
type Kind struct {
	// Tools returns the tools that a template can allow.
	Tools func() Tools
}

// Names returns "template" and "templates".
func (Kind) Names() resource.Names {
	return resource.Names{Singular: KindName, Plural: "templates", Noun: "permission template", Manifest: "PermissionTemplate", NameField: "name"}
}

// NameKey returns what the function NameKey does.
func (Kind) NameKey(name string) string { return NameKey(name) }

// Read reads a template, see ReadTemplate.
func (k Kind) Read(fields *jsonast.Node) (resource.Spec, error) {
	return readTemplate(fields, k.Tools())
}

// Check normalizes and validates a template, see Template.Validate.
func (k Kind) Check(s resource.Spec) (resource.Spec, error) {
	t, ok := s.(Template)
	if !ok {
		return nil, fmt.Errorf("%T is no permission template", s)
	}
	t = t.Normalized()
	return t, t.Validate(k.Tools())
}

// Diff returns what the function Diff does.
func (Kind) Diff(before, after resource.Spec) []diff.Change {
	b, _ := before.(Template)
	a, _ := after.(Template)
	return Diff(b, a)
}

// CheckLibrary returns what the function CheckLibrary does.
func (Kind) CheckLibrary(templates, bytes int) error { return CheckLibrary(templates, bytes) }

// NotFound returns what the function NotFound does.
func (Kind) NotFound() error { return NotFound() }

// NameTaken returns what the function NameTaken does, with the existing template.
func (Kind) NameTaken(s resource.Spec, existing resource.Object) error {
	f := NameTaken(s.ObjectName())
	f.Current = existing
	return f
}

// InUse returns what the function InUse does.
func (Kind) InUse(o resource.Object, users []resource.User) error {
	return InUse(o.Spec.Title(), users)
}

// Decode reads what json.Marshal writes of a Template.
func (Kind) Decode(spec []byte) (resource.Spec, error) {
	var t Template
	err := json.Unmarshal(spec, &t)
	return t, err
}

// ObjectName returns the name.
func (t Template) ObjectName() string { return t.Name }

// Title returns the name.
func (t Template) Title() string { return t.Name }

// SameAs is Equal for a resource.Spec that is a Template.
func (t Template) SameAs(s resource.Spec) bool {
	o, ok := s.(Template)
	return ok && t.Equal(o)
}

// References returns nil: templates refer to nothing.
func (Template) References() []resource.Reference { return nil }

// WithReference returns the template as it is.
func (t Template) WithReference(string, string) resource.Spec { return t }

// FromObject returns a permission template of a library.
func FromObject(o resource.Object) OrganizationTemplate {
	t, _ := o.Spec.(Template)
	return OrganizationTemplate{
		ID: o.ID, OrganizationID: o.OrganizationID, Template: t,
		CreatedBy: o.CreatedBy, UpdatedBy: o.UpdatedBy, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt, Version: o.Version,
	}
}

// Object is the opposite of FromObject.
func (t OrganizationTemplate) Object() resource.Object {
	return resource.Object{
		Kind: KindName, Spec: t.Template,
		Meta: resource.Meta{
			ID: t.ID, OrganizationID: t.OrganizationID, CreatedBy: t.CreatedBy, UpdatedBy: t.UpdatedBy,
			CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, Version: t.Version,
		},
	}
}
