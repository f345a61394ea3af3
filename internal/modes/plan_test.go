package modes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/golden"
	"orgmodes/internal/resource"
)

func library(tb testing.TB, text string) []OrganizationMode {
	tb.Helper()
	f, err := ReadFile(tb.Context(), []byte(text))
	require.NoError(tb, err)
	var out []OrganizationMode
	for i, m := range f.Modes() {
		out = append(out, OrganizationMode{ID: uuid.UUID{15: byte(i + 1)}, Mode: m, Version: 1})
	}
	return out
}

const planned = `
custom_modes:
  - {slug: new, name: New, roleDefinition: r, groups: []}
  - {slug: docs, name: Docs, roleDefinition: other, groups: [read], source: project}
  - {slug: same, name: Same, roleDefinition: r, groups: []}
  - {slug: bad, name: Bad, groups: []}
  - {slug: NEW, name: Second, roleDefinition: r, groups: []}
  - {slug: docs-2, name: Docs two, roleDefinition: r, groups: []}
`

const present = `
customModes:
  - {slug: Docs, name: Docs, roleDefinition: r, groups: [read]}
  - {slug: same, name: Same, roleDefinition: r, groups: []}
`

func described(p ImportPlan) string {
	var b strings.Builder
	for _, m := range p.Modes {
		fmt.Fprintf(&b, "%d:%d %s -> %s as %s, %q", m.Line, m.Column, m.Entry.Mode.Slug, m.Action, m.Mode.Slug, m.Mode.Name)
		if m.FreeSlug != "" {
			fmt.Fprintf(&b, " (free: %s)", m.FreeSlug)
		}
		b.WriteByte('\n')
		for _, c := range m.Changes {
			fmt.Fprintf(&b, "    %s %s: %v -> %v\n", c.Kind, c.Pointer, c.Before, c.After)
		}
		for _, f := range m.Problems {
			fmt.Fprintf(&b, "    problem %d:%d %s: %s\n", f.Line, f.Column, f.Pointer, f.Detail)
		}
		for _, n := range m.Notices {
			fmt.Fprintf(&b, "    notice %d:%d %s: %s\n", n.Line, n.Column, n.Pointer, n.Detail)
		}
	}
	for _, n := range p.Notices {
		fmt.Fprintf(&b, "notice %d:%d %s: %s\n", n.Line, n.Column, n.Pointer, n.Detail)
	}
	for _, m := range p.Wanted() {
		fmt.Fprintf(&b, "wanted: %s\n", m.Slug)
	}
	return b.String()
}

func TestPlanImport(t *testing.T) {
	f, err := ReadFile(t.Context(), []byte(planned))
	require.NoError(t, err)
	var b strings.Builder
	for _, c := range []struct {
		name    string
		choices Choices
	}{
		{"no choices", Choices{}},
		{"skip", Choices{Collision: Skip}},
		{"keep both", Choices{BySlug: map[string]Collision{"DOCS": KeepBoth, "same": KeepBoth}}},
		{"some slugs", Choices{Slugs: []string{"Docs", "bad"}}},
		{"the second of two", Choices{Indexes: []int{4}}},
		{"both of two", Choices{Indexes: []int{0, 4}}},
	} {
		p, err := PlanImport(library(t, present), f, c.choices)
		require.NoError(t, err)
		require.NoError(t, p.TooMuch)
		fmt.Fprintf(&b, "== %s\n%s", c.name, described(p))
	}
	golden.Equal(t, "plan.txt", []byte(b.String()))
}

func TestPlanImportRefusesChoicesThatMakeNoSense(t *testing.T) {
	f, err := ReadFile(t.Context(), []byte(planned))
	require.NoError(t, err)
	for pointer, c := range map[string]Choices{
		"/collision":       {Collision: "perhaps"},
		"/by_slug/new":     {BySlug: map[string]Collision{"new": ""}},
		"/by_slug/unknown": {BySlug: map[string]Collision{"unknown": Skip}},
		"/slugs/1":         {Slugs: []string{"new", "unknown"}},
		"/indexes/0":       {Indexes: []int{6}},
	} {
		_, err := PlanImport(nil, f, c)
		e, ok := fault.As(err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, pointer, e.Fields[0].Pointer)
	}
}

func TestPlanImportHoldsTheLimits(t *testing.T) {
	var b strings.Builder
	b.WriteString("customModes:\n")
	for i := range MaxModes - 1 {
		fmt.Fprintf(&b, "- {slug: m%d, name: M, roleDefinition: r, groups: []}\n", i)
	}
	full := library(t, b.String())
	f, err := ReadFile(t.Context(), []byte("- {slug: m0, name: M, roleDefinition: r, groups: []}\n- {slug: x, name: M, roleDefinition: r, groups: []}\n- {slug: y, name: M, roleDefinition: r, groups: []}\n"))
	require.NoError(t, err)
	p, err := PlanImport(full, f, Choices{})
	require.NoError(t, err)
	assert.True(t, fault.Is(p.TooMuch, fault.TooLarge))
	p, err = PlanImport(full, f, Choices{Slugs: []string{"m0", "x"}})
	require.NoError(t, err)
	assert.NoError(t, p.TooMuch)
	assert.Equal(t, 1, p.Count(resource.ActionUnchanged))
}

func TestFreeSlugs(t *testing.T) {
	long := strings.Repeat("a", MaxSlugLength)
	p := planner{taken: map[string]bool{"docs": true, "docs-2": true, long[:48] + "-2": true}}
	assert.Equal(t, "Docs-3", p.freeSlug("Docs"))
	assert.Equal(t, long[:48]+"-3", p.freeSlug(long))
}
