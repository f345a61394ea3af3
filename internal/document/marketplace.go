package document

import (
	"cmp"

	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
)

// marketplaceYAML lists modes as marketplace items, with the organization as
// their author: what an export in that format is, too.
func marketplaceYAML(o organization.Organization, own []modes.Mode) []byte {
	return modes.WriteMarketplace(own, cmp.Or(o.Name, o.Slug), "")
}
