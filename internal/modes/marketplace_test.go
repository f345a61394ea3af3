package modes_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/render"
)

// TestMarketplaceExportEqualsPublishedDocument checks that an export equals the published
// document byte for byte.
func TestMarketplaceExportEqualsPublishedDocument(t *testing.T) {
	ms := modes.Builtins()
	var stored []modes.OrganizationMode
	for i, m := range ms {
		stored = append(stored, modes.OrganizationMode{Mode: m, Position: i})
	}
	for _, r := range render.Render(render.Source{Organization: organization.Organization{Name: "Acme"}, Modes: stored}) {
		if r.Name == render.MarketplaceYAML {
			assert.Equal(t, string(r.Body), string(modes.WriteMarketplace(ms, "Acme", "")))
			return
		}
	}
	t.Fatal("nothing is published as a marketplace")
}
