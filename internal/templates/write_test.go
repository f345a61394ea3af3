package templates

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/golden"
)

func TestPublishedJSON(t *testing.T) {
	all := defaultOrganization()
	all = append(all, OrganizationTemplate{
		Template: Template{Name: "code expert <2> & \u2028", PermissionMode: BypassPermissions, DefaultRole: new(""), DefaultSystemPrompt: new("a\nb")},
		ID:       id(7), OrganizationID: organization, Version: 9, CreatedAt: time.Date(2025, 6, 1, 12, 0, 0, 1999, time.FixedZone("east", 7200)),
	})
	published := PublishedJSON(all)
	golden.Equal(t, "published.json", published)
	slices.Reverse(all)
	assert.Equal(t, string(published), string(PublishedJSON(all)), "whatever the order")
	assert.Equal(t, "code expert <2> & \u2028", all[0].Name, "the caller's order stays")
	assert.Equal(t, "{\"templates\":[]}\n", string(PublishedJSON(nil)))
}

// TestOrganizationTemplateJSON checks the field order and the nulls.
func TestOrganizationTemplateJSON(t *testing.T) {
	got, err := json.Marshal(OrganizationTemplate{
		Template: Template{Name: "A", PermissionMode: Plan}, ID: id(1), Version: 3, OrganizationID: organization,
		CreatedAt: time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC), UpdatedAt: time.Date(2025, 1, 2, 3, 4, 5, 60000, time.UTC),
	})
	require.NoError(t, err)
	assert.Equal(t, `{"template_id":"0190a5a0-0000-7000-8000-000000000001","name":"A","permission_mode":"plan","allowed_tools":[],`+
		`"default_role":null,"default_system_prompt":null,"description":null,`+
		`"created_at":"2025-01-02T03:04:05+00:00","updated_at":"2025-01-02T03:04:05.000060+00:00"}`, string(got))
}

func TestParseTimestamp(t *testing.T) {
	want := time.Date(2025, 1, 2, 3, 4, 5, 600000000, time.UTC)
	for _, s := range []string{"2025-01-02T03:04:05.600000+00:00", "2025-01-02T03:04:05.6Z", "2025-01-02T05:04:05.6+02:00", "2025-01-02T03:04:05.6", "2025-01-02T03:04:05.6000009Z"} {
		got, ok := parseTimestamp(s)
		assert.True(t, ok, s)
		assert.Equal(t, want, got, s)
	}
	for _, s := range []string{"", "yesterday", "2025-01-02", "1735787045", "0001-01-01T00:00:00Z"} {
		_, ok := parseTimestamp(s)
		assert.False(t, ok, s)
	}
}
