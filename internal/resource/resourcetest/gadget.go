// Package resourcetest provides a kind of object for tests of code that all kinds share.
package resourcetest

import (
	"encoding/json"
	"fmt"
	"iter"
	"regexp"
	"strings"

	"orgmodes/internal/diff"
	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/resource"
)

// Kind is the kind of gadgets. A library holds at most ten.
type Kind struct{}

// Gadget has a name, a required reference to a gadget, and an optional reference to a mode.
type Gadget struct {
	Name     string `json:"name"`
	Requires string `json:"requires,omitempty"`
	Mode     string `json:"mode,omitempty"`
}

var label = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

// Names returns "gadget" and "gadgets".
func (Kind) Names() resource.Names {
	return resource.Names{Singular: "gadget", Plural: "gadgets", Noun: "gadget", Manifest: "Gadget", NameField: "name", Labeled: true}
}

// NameKey returns the name.
func (Kind) NameKey(name string) string { return name }

// Read decodes and checks a gadget.
func (k Kind) Read(fields *jsonast.Node) (resource.Spec, error) {
	var g Gadget
	if err := fields.Decode(&g); err != nil {
		return g, err
	}
	return k.Check(g)
}

// Schema returns the schema of Gadget.
func (Kind) Schema() jsonast.Map { return jsonast.SchemaOf(Gadget{}) }

// Check requires names that are DNS labels (RFC 1123, section 2.1).
func (Kind) Check(s resource.Spec) (resource.Spec, error) {
	g, _ := s.(Gadget)
	g.Name = strings.TrimSpace(g.Name)
	if !label.MatchString(g.Name) {
		return g, fault.New(fault.Invalid, "invalid_gadget", "The gadget was not saved").
			With(fault.Field{Pointer: "/name", Detail: "must be a DNS label, such as my-gadget"})
	}
	return g, nil
}

// Diff compares two gadgets.
func (Kind) Diff(before, after resource.Spec) []diff.Change {
	b, _ := before.(Gadget)
	a, _ := after.(Gadget)
	return diff.Fields(nil, "", map[string]any{"name": b.Name, "requires": b.Requires, "mode": b.Mode},
		map[string]any{"name": a.Name, "requires": a.Requires, "mode": a.Mode})
}

// CheckLibrary allows up to ten gadgets.
func (Kind) CheckLibrary(gadgets, _ int) error {
	if gadgets > 10 {
		return fault.New(fault.TooLarge, "too_many_gadgets", "These are %d gadgets; an organization can have at most 10", gadgets)
	}
	return nil
}

// NotFound calls resource.NotFound.
func (Kind) NotFound() error { return resource.NotFound("gadget") }

// NameTaken calls resource.NameTaken.
func (Kind) NameTaken(s resource.Spec, existing resource.Object) error {
	return resource.NameTaken("gadget", s, existing)
}

// InUse calls resource.InUse.
func (Kind) InUse(o resource.Object, users []resource.Referrer) error {
	return resource.InUse("gadget", o, users)
}

// NumberedName appends a number: gear-2.
func (Kind) NumberedName(name string, n int) string { return fmt.Sprintf("%s-%d", name, n) }

// KeepBoth returns the gadget renamed to name, with a notice.
func (Kind) KeepBoth(s resource.Spec, name string, _ resource.Spec) (resource.Spec, []resource.Notice) {
	g, _ := s.(Gadget)
	g.Name = name
	return g, []resource.Notice{{Pointer: "/name", Detail: "called " + name}}
}

// ReplaceNotices returns a notice with the name.
func (Kind) ReplaceNotices(s, _ resource.Spec) []resource.Notice {
	return []resource.Notice{{Pointer: "/name", Detail: "replaces " + s.ObjectName()}}
}

// Decode decodes the JSON of a gadget.
func (Kind) Decode(spec []byte) (resource.Spec, error) {
	var g Gadget
	err := json.Unmarshal(spec, &g)
	return g, err
}

// Sources returns "gadget".
func (Kind) Sources() []string { return []string{"gadget"} }

// Documents returns one document per gadget, named after it.
func (Kind) Documents(objects map[string][]resource.Object) iter.Seq[resource.Document] {
	return func(yield func(resource.Document) bool) {
		for _, o := range objects["gadget"] {
			body, err := json.Marshal(o.Spec)
			if err != nil || !yield(resource.Document{Name: o.Spec.ObjectName() + ".json", ContentType: "application/json", Body: body}) {
				return
			}
		}
	}
}

// ObjectName returns the name.
func (g Gadget) ObjectName() string { return g.Name }

// Title returns the name.
func (g Gadget) Title() string { return g.Name }

// Fields returns the fields that aren't empty.
func (g Gadget) Fields() jsonast.Map {
	return jsonast.Map{}.WithText("name", g.Name).WithText("requires", g.Requires).WithText("mode", g.Mode)
}

// Size returns the total length of the names.
func (g Gadget) Size() int { return len(g.Name) + len(g.Requires) + len(g.Mode) }

// SameAs reports whether two gadgets are equal.
func (g Gadget) SameAs(s resource.Spec) bool { return g == s }

// References returns the references to the required gadget and to the mode.
func (g Gadget) References() (refs []resource.Reference) {
	if g.Requires != "" {
		refs = append(refs, resource.Reference{Kind: "gadget", Name: g.Requires, Path: "/requires", Required: true})
	}
	if g.Mode != "" {
		refs = append(refs, resource.Reference{Kind: "mode", Name: g.Mode, Path: "/mode"})
	}
	return refs
}

// WithReference replaces the name of the reference at path.
func (g Gadget) WithReference(path, name string) resource.Spec {
	switch path {
	case "/requires":
		g.Requires = name
	case "/mode":
		g.Mode = name
	}
	return g
}
