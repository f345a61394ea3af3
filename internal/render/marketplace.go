package render

import (
	"cmp"

	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
)

// marketplaceYAML returns the modes as marketplace items, with the organization as
// their author. An export in that format has the same content.
func marketplaceYAML(o organization.Organization, own []modes.Mode) []byte {
	return modes.WriteMarketplace(own, cmp.Or(o.Name, o.Slug), "")
}
