package modes_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"orgmodes/internal/document"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
)

// TestMarketplaceIsWhatIsPublished checks that an export equals the published document byte for
// byte.
func TestMarketplaceIsWhatIsPublished(t *testing.T) {
	ms := modes.Builtins()
	var stored []modes.OrganizationMode
	for i, m := range ms {
		stored = append(stored, modes.OrganizationMode{Mode: m, Position: i})
	}
	for _, r := range document.Render(document.Source{Organization: organization.Organization{Name: "Acme"}, Modes: stored}) {
		if r.Name == document.MarketplaceYAML {
			assert.Equal(t, string(r.Body), string(modes.WriteMarketplace(ms, "Acme", "")))
			return
		}
	}
	t.Fatal("nothing is published as a marketplace")
}
