package modes

import (
	"fmt"

	"github.com/google/uuid"

	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
)

// KindName is the kind name of modes, in the singular.
const KindName = "mode"

// templatePath is the pointer of a mode's reference to its permission template.
const templatePath = "/config/permissionTemplate"

// Kind implements the resource kind of modes.
type Kind struct{}

// Names returns "mode" and "modes".
func (Kind) Names() resource.Names {
	return resource.Names{Singular: KindName, Plural: "modes", Noun: "mode", Manifest: "Mode", NameField: "slug"}
}

// NameKey returns the slug in lower case.
func (Kind) NameKey(slug string) string { return SlugKey(slug) }

// Read decodes and validates a mode in the API's format or in that of files, as ReadMode does.
func (Kind) Read(fields *jsonast.Node) (resource.Spec, error) { return readMode(fields) }

// Check normalizes and validates a mode, see Mode.Validate.
func (Kind) Check(s resource.Spec) (resource.Spec, error) {
	m, ok := s.(Mode)
	if !ok {
		return nil, fmt.Errorf("%T is not a mode", s)
	}
	m = m.Normalized()
	return m, m.Validate()
}

// Diff calls the package function Diff.
func (Kind) Diff(before, after resource.Spec) []diff.Change {
	b, _ := before.(Mode)
	a, _ := after.(Mode)
	return Diff(b, a)
}

// CheckLibrary calls the package function CheckLibrary.
func (Kind) CheckLibrary(modes, bytes int) error { return CheckLibrary(modes, bytes) }

// NotFound returns the error for a mode that doesn't exist.
func (Kind) NotFound() error { return resource.NotFound("mode") }

// NameTaken returns the error (code "slug_taken") for a slug that is in use.
func (Kind) NameTaken(s resource.Spec, existing resource.Object) error {
	f := fault.New(fault.Conflict, "slug_taken", "A mode with the slug %q already exists in this organization", s.ObjectName()).
		With(fault.Field{Pointer: "/slug", Detail: fmt.Sprintf("The mode %q has it; choose another slug, or change that mode", existing.Spec.Title())})
	f.Current = existing
	return f
}

// InUse returns the error for a mode that other objects refer to.
func (Kind) InUse(o resource.Object, users []resource.Referrer) error {
	return resource.InUse("mode", o, users)
}

// ObjectName returns the slug.
func (m Mode) ObjectName() string { return m.Slug }

// Title returns the name.
func (m Mode) Title() string { return m.Name }

// Fields returns the mode in the API's format: slug, name and config.
func (m Mode) Fields() jsonast.Map {
	return jsonast.Map{{Name: "slug", Value: m.Slug}, {Name: "name", Value: m.Name}, {Name: "config", Value: m.Config.fields()}}
}

// SameAs reports whether s is a Mode that equals m.
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

// WithReference returns the mode with the permission template renamed to name.
func (m Mode) WithReference(path, name string) resource.Spec {
	if path == templatePath {
		m.Config.PermissionTemplate = name
	}
	return m
}

// TemplateID returns the id of a mode's permission template, or the zero UUID.
func TemplateID(o resource.Object) uuid.UUID { return o.Targets[templatePath] }

// TemplateTargets returns the Targets of a mode with this permission template, or nil if the id
// is zero.
func TemplateTargets(template uuid.UUID) map[string]uuid.UUID {
	if template == uuid.Nil {
		return nil
	}
	return map[string]uuid.UUID{templatePath: template}
}

// FromObject converts a library object to a mode.
func FromObject(o resource.Object) OrganizationMode {
	m, _ := o.Spec.(Mode)
	return OrganizationMode{
		ID: o.ID, OrganizationID: o.OrganizationID, Mode: m,
		CreatedBy: o.CreatedBy, UpdatedBy: o.UpdatedBy, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt,
		Version: o.Version, Position: o.Position, PermissionTemplateID: TemplateID(o),
	}
}

// Object is the inverse of FromObject.
func (m OrganizationMode) Object() resource.Object {
	return resource.Object{
		Kind: KindName, Spec: m.Mode,
		Meta: resource.Meta{
			ID: m.ID, OrganizationID: m.OrganizationID, CreatedBy: m.CreatedBy, UpdatedBy: m.UpdatedBy,
			CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt, Version: m.Version, Position: m.Position,
		}, Targets: TemplateTargets(m.PermissionTemplateID),
	}
}
