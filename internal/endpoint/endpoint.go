// Package endpoint holds the names of what is published of an organization
// and the paths at which readers serve it. Worker, reader and admin share no other
// package that knows both.
package endpoint

import "strings"

// The names of the representations, in stores, metrics and the API.
const (
	ModesJSON        = "modes.json"
	ModesYAML        = "modes.yaml"
	OrganizationYAML = "organization.yaml"
	MarketplaceYAML  = "marketplace.yaml"
	TemplatesJSON    = "permission-templates.json"
)

// Below is the path below which readers serve organizations, each by its id.
const Below = "/api/organizations/"

// The collections of the representations: what of an organization is rendered, stored
// and kept in memory together.
const (
	Modes     = "modes"
	Templates = "templates"
)

// NamedCollections are the collections of named documents that readers serve. Such a
// document has the path collection/name, and that is its name as a representation too.
func NamedCollections() []string { return nil }

// Served is a representation, its collection, and the last part of its path.
type Served struct{ Name, Collection, Segment string }

// All returns the representations that readers serve below an organization. JSON is
// what editors ask for without an extension.
func All() []Served {
	return []Served{
		{ModesJSON, Modes, "modes"},
		{ModesYAML, Modes, ModesYAML},
		{OrganizationYAML, Modes, OrganizationYAML},
		{MarketplaceYAML, Modes, MarketplaceYAML},
		{TemplatesJSON, Templates, "templates"},
	}
}

// Path returns the path at which readers serve an organization's representation,
// and "" for a name that they don't serve: published by another release.
func Path(organization, name string) string {
	for _, s := range All() {
		if s.Name == name {
			return Below + organization + "/" + s.Segment
		}
	}
	if strings.Contains(name, "/") {
		return Below + organization + "/" + name
	}
	return ""
}
