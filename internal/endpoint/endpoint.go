// Package endpoint holds the names of an organization's published documents and the
// paths at which readers serve them. The worker, the reader and the admin program share
// no other package that knows both.
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

// PathPrefix is the path prefix of all organizations at a reader; an organization's ID follows.
const PathPrefix = "/api/organizations/"

// The collections of the representations. The representations of a collection are
// rendered, stored and cached together.
const (
	Modes     = "modes"
	Templates = "templates"
)

// NamedCollections returns the collections of named documents that readers serve. Such a
// document has the path collection/name, which is also its name as a representation.
func NamedCollections() []string { return nil }

// Representation describes a representation: its name, its collection, and the last segment
// of its path.
type Representation struct{ Name, Collection, Segment string }

// All returns the representations that readers serve below an organization. Editors request
// JSON without an extension.
func All() []Representation {
	return []Representation{
		{ModesJSON, Modes, "modes"},
		{ModesYAML, Modes, ModesYAML},
		{OrganizationYAML, Modes, OrganizationYAML},
		{MarketplaceYAML, Modes, MarketplaceYAML},
		{TemplatesJSON, Templates, "templates"},
	}
}

// Path returns the path at which readers serve an organization's representation. It returns
// "" for a name that they don't serve, such as one published by another release.
func Path(organization, name string) string {
	for _, s := range All() {
		if s.Name == name {
			return PathPrefix + organization + "/" + s.Segment
		}
	}
	if strings.Contains(name, "/") {
		return PathPrefix + organization + "/" + name
	}
	return ""
}
