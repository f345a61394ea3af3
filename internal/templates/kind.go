package templates

import (
	"encoding/json"
	"fmt"

	"orgmodes/internal/diff"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
)

// KindName is the kind name of permission templates, in the singular.
const KindName = "template"

// Kind implements the resource kind of permission templates.
type Kind struct {
	// Tools returns the tools that a template can allow.
	Tools func() Tools
}

// Names returns "template" and "templates".
func (Kind) Names() resource.Names {
	return resource.Names{Singular: KindName, Plural: "templates", Noun: "permission template", Manifest: "PermissionTemplate", NameField: "name"}
}

// NameKey calls the package function NameKey.
func (Kind) NameKey(name string) string { return NameKey(name) }

// Read decodes and validates a template, as ReadTemplate does.
func (k Kind) Read(fields *jsonast.Node) (resource.Spec, error) {
	return readTemplate(fields, k.Tools())
}

// Check normalizes and validates a template, see Template.Validate.
func (k Kind) Check(s resource.Spec) (resource.Spec, error) {
	t, ok := s.(Template)
	if !ok {
		return nil, fmt.Errorf("%T is not a permission template", s)
	}
	t = t.Normalized()
	return t, t.Validate(k.Tools())
}

// Diff calls the package function Diff.
func (Kind) Diff(before, after resource.Spec) []diff.Change {
	b, _ := before.(Template)
	a, _ := after.(Template)
	return Diff(b, a)
}

// CheckLibrary calls the package function CheckLibrary.
func (Kind) CheckLibrary(templates, bytes int) error { return CheckLibrary(templates, bytes) }

// NotFound calls the package function NotFound.
func (Kind) NotFound() error { return NotFound() }

// NameTaken calls the package function NameTaken and sets Current to the existing template.
func (Kind) NameTaken(s resource.Spec, existing resource.Object) error {
	f := NameTaken(s.ObjectName())
	f.Current = existing
	return f
}

// InUse calls the package function InUse.
func (Kind) InUse(o resource.Object, users []resource.Referrer) error {
	return InUse(o.Spec.Title(), users)
}

// Decode decodes the JSON that json.Marshal writes for a Template.
func (Kind) Decode(spec []byte) (resource.Spec, error) {
	var t Template
	err := json.Unmarshal(spec, &t)
	return t, err
}

// ObjectName returns the name.
func (t Template) ObjectName() string { return t.Name }

// Title returns the name.
func (t Template) Title() string { return t.Name }

// SameAs reports whether s is a Template that equals t.
func (t Template) SameAs(s resource.Spec) bool {
	o, ok := s.(Template)
	return ok && t.Equal(o)
}

// References returns nil: templates have no references.
func (Template) References() []resource.Reference { return nil }

// WithReference returns t unchanged.
func (t Template) WithReference(string, string) resource.Spec { return t }

// FromObject converts a library object to a permission template.
func FromObject(o resource.Object) OrganizationTemplate {
	t, _ := o.Spec.(Template)
	return OrganizationTemplate{
		ID: o.ID, OrganizationID: o.OrganizationID, Template: t,
		CreatedBy: o.CreatedBy, UpdatedBy: o.UpdatedBy, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt, Version: o.Version,
	}
}

// Object is the inverse of FromObject.
func (t OrganizationTemplate) Object() resource.Object {
	return resource.Object{
		Kind: KindName, Spec: t.Template,
		Meta: resource.Meta{
			ID: t.ID, OrganizationID: t.OrganizationID, CreatedBy: t.CreatedBy, UpdatedBy: t.UpdatedBy,
			CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, Version: t.Version,
		},
	}
}
