// Package document renders what is published of an organization. It is pure: the
// same source gives the same bytes.
package document

import "orgmodes/internal/modes"

// RendererVersion is part of the edition of a published document.
const RendererVersion = 1

// The names of the representations.
const (
	ModesJSON        = "modes.json"
	ModesYAML        = "modes.yaml"
	OrganizationYAML = "organization.yaml"
	MarketplaceYAML  = "marketplace.yaml"
)

// Representation is one document of an organization, uncoded.
type Representation struct {
	Name        string
	ContentType string
	Body        []byte
}

// Source is everything that the documents of an organization are made of.
type Source struct {
	Organization modes.Organization
	Modes        []modes.OrganizationMode
	Builtins     []modes.Mode
	Deleted      bool
}

// Render makes the representations.
func Render(src Source) []Representation { return nil }
