// Package document renders what is published of an organization. It is pure: the
// same source gives the same bytes, and it knows neither stores nor HTTP.
package document

import (
	"orgmodes/internal/endpoint"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

// RendererVersion is part of the edition of a published document. Raise it with
// every change of what Render writes, and with every migration that changes what it
// writes of the same library: that renders all organizations again.
const RendererVersion = 3

// The names of the representations. Stores take any name, and any number of
// them.
const (
	ModesJSON        = endpoint.ModesJSON
	ModesYAML        = endpoint.ModesYAML
	OrganizationYAML = endpoint.OrganizationYAML
	MarketplaceYAML  = endpoint.MarketplaceYAML
	TemplatesJSON    = endpoint.TemplatesJSON
)

// The media types of the representations; that of YAML is RFC 9512's.
const (
	TypeJSON = "application/json"
	TypeYAML = "application/yaml; charset=utf-8"
)

// Representation is one document of an organization, uncoded.
type Representation struct {
	Name        string
	ContentType string
	Body        []byte
}

// Source is everything that the documents of an organization are made of. Modes
// and templates need no order; they must be valid.
type Source struct {
	Organization organization.Organization
	Modes        []modes.OrganizationMode
	Builtins     []modes.Mode
	Templates    []templates.OrganizationTemplate
	// Objects are what the documents of other kinds are made of, by the Singular of
	// their kind.
	Objects map[string][]resource.Object
	// Deleted organizations have no representations: what is published of them
	// is that they are gone.
	Deleted bool
}

// Render returns all representations of modes and permission templates, and of the
// kinds given, always in the same order. It leaves the source as it is.
func Render(src Source, kinds ...resource.Kind) []Representation {
	var out []Representation
	for _, c := range Collections(kinds) {
		_ = c.Each(src, func(r Representation) error { out = append(out, r); return nil })
	}
	return out
}

// Merged is the effective view: the built-in modes overlaid by the
// organization's, then its others. Both are taken in the order given.
func Merged(o organization.Organization, builtins, own []modes.Mode) []byte {
	return modes.WriteYAML(modes.Merge(builtins, own),
		"All modes as they are in effect in "+title(o)+", the built-in ones included.\n"+
			"For reading. Don't save this as an editor's modes file: that would freeze\n"+
			"the built-in modes at what they are now. "+OrganizationYAML+" is the file to save.")
}

// Own is what people save into an editor's own file: the organization's modes
// only, in the order given.
func Own(o organization.Organization, own []modes.Mode) []byte {
	return modes.WriteYAML(own,
		"The modes of "+title(o)+". This can be saved as an editor's modes file.")
}

func title(o organization.Organization) string {
	if o.Name != "" {
		return o.Name
	}
	if o.Slug != "" {
		return o.Slug
	}
	return "this organization"
}
