package modes

import (
	"fmt"

	"github.com/google/uuid"

	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
)

// KindName is the singular of the kind of modes.
const KindName = "mode"

// templatePath is where a mode refers to its permission template.
const templatePath = "/config/permissionTemplate"

// Kind is the kind of modes.
type Kind struct{}

// Names returns "mode" and "modes".
func (Kind) Names() resource.Names {
	return resource.Names{Singular: KindName, Plural: "modes", Noun: "mode", Manifest: "Mode", NameField: "slug"}
}

// NameKey returns the slug in lower case.
func (Kind) NameKey(slug string) string { return SlugKey(slug) }

// Read reads a mode in the API's form or as files have it, see ReadMode.
func (Kind) Read(fields *jsonast.Node) (resource.Spec, error) { return readMode(fields) }

// Check normalizes and validates a mode, see Mode.Validate.
func (Kind) Check(s resource.Spec) (resource.Spec, error) {
	m, ok := s.(Mode)
	if !ok {
		return nil, fmt.Errorf("%T is no mode", s)
	}
	m = m.Normalized()
	return m, m.Validate()
}

// Diff returns what the function Diff does.
func (Kind) Diff(before, after resource.Spec) []diff.Change {
	b, _ := before.(Mode)
	a, _ := after.(Mode)
	return Diff(b, a)
}

// CheckLibrary returns what the function CheckLibrary does.
func (Kind) CheckLibrary(modes, bytes int) error { return CheckLibrary(modes, bytes) }

// NotFound returns the failure for a mode that doesn't exist.
func (Kind) NotFound() error { return resource.NotFound("mode") }

// NameTaken returns the failure (code "slug_taken") for a slug that is in use.
func (Kind) NameTaken(s resource.Spec, existing resource.Object) error {
	f := fault.New(fault.Conflict, "slug_taken", "A mode with the slug %q already exists in this organization", s.ObjectName()).
		With(fault.Field{Pointer: "/slug", Detail: fmt.Sprintf("The mode %q has it; choose another slug, or change that mode", existing.Spec.Title())})
	f.Current = existing
	return f
}

// InUse returns the failure for a mode that other objects refer to.
func (Kind) InUse(o resource.Object, users []resource.User) error {
	return resource.InUse("mode", o, users)
}

// ObjectName returns the slug.
func (m Mode) ObjectName() string { return m.Slug }

// Title returns the name.
func (m Mode) Title() string { return m.Name }

// Fields lists the mode in the API's form: slug, name and config.
func (m Mode) Fields() jsonast.Map {
	return jsonast.Map{{Name: "slug", Value: m.Slug}, {Name: "name", Value: m.Name}, {Name: "config", Value: m.Config.fields()}}
}

// SameAs is Equal for a resource.Spec that is a Mode.
func (m Mode) SameAs(s resource.Spec) bool {
	o, ok := s.(Mode)
	return ok && m.Equal(o)
}

// References returns the permission template, if the mode names one.
func (m Mode) References() []resource.Reference {
	if m.Config.PermissionTemplate == "" {
		return nil
	}
	return []resource.Reference{{Kind: "template", Name: m.Config.PermissionTemplate, Path: templatePath, Required: true}}
}

// WithReference returns the mode with another name of its permission template.
func (m Mode) WithReference(path, name string) resource.Spec {
	if path == templatePath {
		m.Config.PermissionTemplate = name
	}
	return m
}

// TemplateOf returns the id of the permission template of a mode, zero for none.
func TemplateOf(o resource.Object) uuid.UUID { return o.Targets[templatePath] }

// Targets returns the Targets of a mode with a permission template, or with none if the
// id is zero.
func Targets(template uuid.UUID) map[string]uuid.UUID {
	if template == uuid.Nil {
		return nil
	}
	return map[string]uuid.UUID{templatePath: template}
}

// FromObject returns a mode of a library.
func FromObject(o resource.Object) OrganizationMode {
	m, _ := o.Spec.(Mode)
	return OrganizationMode{
		ID: o.ID, OrganizationID: o.OrganizationID, Mode: m,
		CreatedBy: o.CreatedBy, UpdatedBy: o.UpdatedBy, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt,
		Version: o.Version, Position: o.Position, PermissionTemplateID: TemplateOf(o),
	}
}

// Object is the opposite of FromObject.
func (m OrganizationMode) Object() resource.Object {
	return resource.Object{
		Kind: KindName, Spec: m.Mode,
		Meta: resource.Meta{
			ID: m.ID, OrganizationID: m.OrganizationID, CreatedBy: m.CreatedBy, UpdatedBy: m.UpdatedBy,
			CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt, Version: m.Version, Position: m.Position,
		}, Targets: Targets(m.PermissionTemplateID),
	}
}
