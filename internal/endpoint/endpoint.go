// Package endpoint holds the names of what is published of an organization
// and the paths at which readers serve it. Worker, reader and admin share no other
// package that knows both.
package endpoint

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

// Served is a representation and the last part of its path.
type Served struct{ Name, Segment string }

// All returns the representations that readers serve below an organization. JSON is
// what editors ask for without an extension.
func All() []Served {
	return []Served{
		{ModesJSON, "modes"},
		{ModesYAML, ModesYAML},
		{OrganizationYAML, OrganizationYAML},
		{MarketplaceYAML, MarketplaceYAML},
		{TemplatesJSON, "templates"},
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
	return ""
}
