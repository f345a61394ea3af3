package render

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"orgmodes/internal/modes"
	"orgmodes/internal/modes/nodetest"
	"orgmodes/internal/organization"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func source(own ...modes.Mode) Source {
	id := uuid.MustParse("0190a5a0-0000-7000-8000-000000000001")
	src := Source{
		Organization: organization.Organization{ID: id, Slug: "example", Name: "Example & Söhne", Revision: 7},
		Builtins:     modes.Builtins(),
	}
	zone := time.FixedZone("east", 2*60*60)
	for i, m := range own {
		src.Modes = append(src.Modes, modes.OrganizationMode{
			ID: uuid.MustParse(fmt.Sprintf("0190a5a0-0000-7000-8000-0000000001%02d", i%100)), OrganizationID: id, Mode: m,
			CreatedBy: "user-1", UpdatedBy: "user-2", Version: int64(i + 1), Position: i,
			CreatedAt: time.Date(2025, 1, 2, 3, 4, 5, 6_000_000, zone), UpdatedAt: time.Date(2025, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
		})
	}
	return src
}

func sampleModes(tb testing.TB) []modes.Mode {
	tb.Helper()
	f, err := modes.ReadFile(tb.Context(), modes.Samples())
	require.NoError(tb, err)
	odd := modes.Mode{Slug: "Odd-one", Name: "Odd: <one> & \"only\"", Config: modes.Config{
		RoleDefinition:     "First line of the role.\n---\nno literal block for this\n",
		Groups:             []modes.Group{},
		CustomInstructions: "ends with empty lines\n\n\n",
		Extra:              map[string]any{"iconName": "codicon-gear", "rulesFiles": []any{map[string]any{"relativePath": "a.md", "content": "# A\n\n- b\n"}}, "weight": json.Number("1.5")},
	}}
	return append(f.Modes(), odd)
}

func body(tb testing.TB, representations []Representation, name string) []byte {
	tb.Helper()
	i := slices.IndexFunc(representations, func(r Representation) bool { return r.Name == name })
	require.GreaterOrEqual(tb, i, 0, "no %s", name)
	return representations[i].Body
}

func TestRenderGolden(t *testing.T) {
	for folder, src := range map[string]Source{"example": source(sampleModes(t)...), "empty": source()} {
		names := []string{}
		for _, r := range Render(src) {
			names = append(names, r.Name)
			assert.Equal(t, map[bool]string{true: TypeJSON, false: TypeYAML}[strings.HasSuffix(r.Name, ".json")], r.ContentType)
			path := filepath.Join("testdata", folder, r.Name)
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
				require.NoError(t, os.WriteFile(path, r.Body, 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err, "run the test with -update")
			assert.Equal(t, string(want), string(r.Body), path)
		}
		assert.Equal(t, []string{ModesJSON, ModesYAML, OrganizationYAML, MarketplaceYAML, TemplatesJSON}, names)
	}
}

func TestRenderDeletedOrganization(t *testing.T) {
	src := source(sampleModes(t)...)
	src.Deleted = true
	assert.Empty(t, Render(src))
}

// TestRenderIsDeterministic checks that the output depends neither on the order of
// the modes nor on the time, and that the source is not modified.
func TestRenderIsDeterministic(t *testing.T) {
	src := source(sampleModes(t)...)
	want := Render(src)
	rapid.Check(t, func(rt *rapid.T) {
		shuffled := src
		shuffled.Modes = rapid.Permutation(src.Modes).Draw(rt, "order")
		before := slices.Clone(shuffled.Modes)
		require.Equal(rt, want, Render(shuffled))
		require.Equal(rt, before, shuffled.Modes)
	})
}

// TestModesJSONShape checks properties that current editors rely on.
func TestModesJSONShape(t *testing.T) {
	data := body(t, Render(source(sampleModes(t)...)), ModesJSON)
	assert.NotContains(t, string(data), "null")
	assert.NotContains(t, string(data), `:""`)
	assert.NotContains(t, string(data), `\u003c`)
	var document struct{ Modes []map[string]any }
	require.NoError(t, json.Unmarshal(data, &document))
	require.Len(t, document.Modes, 6)
	for _, m := range document.Modes {
		for _, name := range []string{"id", "organization_id", "name", "slug", "created_by", "created_at", "updated_at"} {
			assert.IsType(t, "", m[name], name)
		}
		config, ok := m["config"].(map[string]any)
		require.True(t, ok)
		assert.IsType(t, "", config["roleDefinition"])
		assert.IsType(t, []any{}, config["groups"])
	}
	assert.Equal(t, "2025-01-02T01:04:05.006Z", document.Modes[0]["created_at"])
	assert.Equal(t, `{"modes":[]}`+"\n", string(body(t, Render(source()), ModesJSON)))
}

func TestYAMLRoundTrip(t *testing.T) {
	own := sampleModes(t)
	representations := Render(source(own...))
	organization, err := modes.ReadFile(t.Context(), body(t, representations, OrganizationYAML))
	require.NoError(t, err)
	assert.Equal(t, own, organization.Modes())
	merged, err := modes.ReadFile(t.Context(), body(t, representations, ModesYAML))
	require.NoError(t, err)
	assert.Equal(t, modes.Merge(modes.Builtins(), own), merged.Modes())
	assert.Contains(t, string(body(t, representations, ModesYAML)), "# the built-in modes at what they are now.")
}

func TestMarketplaceItems(t *testing.T) {
	own := sampleModes(t)
	data := body(t, Render(source(own...)), MarketplaceYAML)
	var document struct{ Items []map[string]any }
	require.NoError(t, yaml.Unmarshal(data, &document))
	require.Len(t, document.Items, len(own))
	for i, entry := range document.Items {
		assert.Equal(t, own[i].Slug, entry["id"])
		assert.Equal(t, "Example & Söhne", entry["author"])
		assert.Equal(t, []any{}, entry["tags"])
		content, ok := entry["content"].(string)
		require.True(t, ok)
		m, err := modes.ReadMode(t.Context(), []byte(content), true)
		require.NoError(t, err)
		assert.Equal(t, own[i], m)
	}
	assert.Equal(t, "First line of the role.", document.Items[5]["description"])
	assert.Equal(t, "items: []\n", string(body(t, Render(source()), MarketplaceYAML)))
}

// TestMarketplaceIsReadByNode reads items and their content the way editors do.
func TestMarketplaceIsReadByNode(t *testing.T) {
	node := nodetest.Start(t)
	own := sampleModes(t)
	byYAML, byJSYAML := node.YAML(t, body(t, Render(source(own...)), MarketplaceYAML))
	for _, reading := range []nodetest.Result{byYAML, byJSYAML} {
		require.Empty(t, reading.Error)
		var document struct {
			Items []struct{ ID, Name, Description, Content string }
		}
		require.NoError(t, json.Unmarshal(reading.Value, &document))
		require.Len(t, document.Items, len(own))
		for i, entry := range document.Items {
			inner, innerJS := node.YAML(t, []byte(entry.Content))
			for _, r := range []nodetest.Result{inner, innerJS} {
				require.Empty(t, r.Error)
				m, err := modes.ReadMode(t.Context(), r.Value, false)
				require.NoError(t, err)
				assert.Equal(t, own[i], m)
			}
		}
	}
}

func TestSummary(t *testing.T) {
	long := strings.Repeat("é", 250)
	for _, c := range []struct {
		config modes.Config
		want   string
	}{
		{modes.Config{Description: " d \n\ne", WhenToUse: "w", RoleDefinition: "r"}, "d"},
		{modes.Config{WhenToUse: "\nw\nx", RoleDefinition: "r"}, "w"},
		{modes.Config{RoleDefinition: "r\n"}, "r"},
		{modes.Config{RoleDefinition: long}, strings.Repeat("é", 199) + "…"},
		{modes.Config{}, "Name"},
	} {
		var got struct {
			Items []struct {
				Description string `yaml:"description"`
			} `yaml:"items"`
		}
		require.NoError(t, yaml.Unmarshal(marketplaceYAML(organization.Organization{}, []modes.Mode{{Slug: "slug", Name: "Name", Config: c.config}}), &got))
		assert.Equal(t, c.want, got.Items[0].Description)
	}
}

func TestTitle(t *testing.T) {
	assert.Equal(t, "Name", title(organization.Organization{Name: "Name", Slug: "slug"}))
	assert.Equal(t, "slug", title(organization.Organization{Slug: "slug"}))
	assert.Equal(t, "this organization", title(organization.Organization{}))
	hostile := string(OwnYAML(organization.Organization{Name: "x\ncustomModes: evil\u2028y"}, nil))
	f, err := modes.ReadFile(t.Context(), []byte(hostile))
	require.NoError(t, err, hostile)
	assert.Empty(t, f.Entries)
}

func many(n int) []modes.Mode {
	text := strings.Repeat("## Rules\n\n- Do this, then **that**: see `docs/guide.md` first.\n- Ask, if unclear: \"never guess\".\n\n", 65)
	own := make([]modes.Mode, n)
	for i := range own {
		own[i] = modes.Mode{Slug: fmt.Sprint("mode-", i), Name: fmt.Sprint("Mode ", i), Config: modes.Config{
			RoleDefinition: "You are one of many.", WhenToUse: "Use it.", CustomInstructions: text,
			Groups: []modes.Group{{Name: "read"}, {Name: "edit", Restriction: &modes.Restriction{FileRegex: `\.md$`}}},
		}}
	}
	return own
}

func benchmarkRender(b *testing.B, n int) {
	b.Helper()
	src := source(many(n)...)
	b.ReportAllocs()
	for b.Loop() {
		Render(src)
	}
}

func BenchmarkRender10(b *testing.B)  { benchmarkRender(b, 10) }
func BenchmarkRender186(b *testing.B) { benchmarkRender(b, 186) }
