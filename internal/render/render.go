// Package render renders the published documents of an organization. It is pure: the
// same source yields the same bytes, and it depends on neither stores nor HTTP.
package render

import (
	"orgmodes/internal/endpoint"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

// RendererVersion is part of the edition of a published document. Raise it with every
// change to the output of Render, and with every migration that changes that output for an
// unchanged library. All organizations are then re-rendered.
const RendererVersion = 3

// The names of the representations. Stores accept any name, and any number of
// them.
const (
	ModesJSON        = endpoint.ModesJSON
	ModesYAML        = endpoint.ModesYAML
	OrganizationYAML = endpoint.OrganizationYAML
	MarketplaceYAML  = endpoint.MarketplaceYAML
	TemplatesJSON    = endpoint.TemplatesJSON
)

// The media types of the representations; the YAML type is registered by RFC 9512.
const (
	TypeJSON = "application/json"
	TypeYAML = "application/yaml; charset=utf-8"
)

// Representation is one document of an organization, without a content coding.
type Representation struct {
	Name        string
	ContentType string
	Body        []byte
}

// Source holds everything that the documents of an organization are rendered from. Modes
// and templates can be in any order; they must be valid.
type Source struct {
	Organization organization.Organization
	Modes        []modes.OrganizationMode
	Builtins     []modes.Mode
	Templates    []templates.OrganizationTemplate
	// Objects holds the objects of other kinds, by the Singular of their kind.
	Objects map[string][]resource.Object
	// Deleted means that the organization is published as deleted, without
	// representations.
	Deleted bool
}

// Render returns all representations of modes and permission templates, and of the
// kinds given, always in the same order. It does not modify src.
func Render(src Source, kinds ...resource.Kind) []Representation {
	var out []Representation
	for _, c := range Collections(kinds) {
		_ = c.Each(src, func(r Representation) error { out = append(out, r); return nil })
	}
	return out
}

// MergedYAML returns the modes in effect as YAML: the built-in modes overlaid by the
// organization's, then its other modes. Both keep the order given.
func MergedYAML(o organization.Organization, builtins, own []modes.Mode) []byte {
	return modes.WriteYAML(modes.Merge(builtins, own),
		"All modes as they are in effect in "+title(o)+", the built-in ones included.\n"+
			"For reading. Don't save this as an editor's modes file: that would freeze\n"+
			"the built-in modes at what they are now. "+OrganizationYAML+" is the file to save.")
}

// OwnYAML returns the file to save as an editor's modes file: the organization's modes
// only, in the order given.
func OwnYAML(o organization.Organization, own []modes.Mode) []byte {
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
