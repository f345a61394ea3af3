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
	"orgmodes/internal/imports"
	"orgmodes/internal/resource"
)

func library(tb testing.TB, text string) []resource.Object {
	tb.Helper()
	f, err := ReadFile(tb.Context(), []byte(text))
	require.NoError(tb, err)
	var out []resource.Object
	for i, m := range f.Modes() {
		out = append(out, OrganizationMode{ID: uuid.UUID{14: byte((i + 1) >> 8), 15: byte(i + 1)}, Mode: m, Version: 1}.Object())
	}
	return out
}

// withReplaceDefault returns p with the default decision to replace.
func withReplaceDefault(p imports.ConflictPolicy) imports.ConflictPolicy {
	p.Default = imports.Replace
	return p
}

const importedFile = `
custom_modes:
  - {slug: new, name: New, roleDefinition: r, groups: []}
  - {slug: docs, name: Docs, roleDefinition: other, groups: [read], source: project}
  - {slug: same, name: Same, roleDefinition: r, groups: []}
  - {slug: bad, name: Bad, groups: []}
  - {slug: NEW, name: Second, roleDefinition: r, groups: []}
  - {slug: docs-2, name: Docs two, roleDefinition: r, groups: []}
`

const existingFile = `
customModes:
  - {slug: Docs, name: Docs, roleDefinition: r, groups: [read]}
  - {slug: same, name: Same, roleDefinition: r, groups: []}
`

func describePlan(p imports.Plan, f File) string {
	var b strings.Builder
	for _, m := range p.Items {
		fmt.Fprintf(&b, "%d:%d %s -> %s as %s, %q", m.Line, m.Column, m.Spec.ObjectName(), m.Action, m.Object.Spec.ObjectName(), m.Object.Spec.Title())
		if m.FreeName != "" {
			fmt.Fprintf(&b, " (free: %s)", m.FreeName)
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
	for _, n := range f.Notices {
		fmt.Fprintf(&b, "notice %d:%d %s: %s\n", n.Line, n.Column, n.Pointer, n.Detail)
	}
	for _, op := range p.Ops() {
		fmt.Fprintf(&b, "wanted: %s\n", op.New.Spec.ObjectName())
	}
	return b.String()
}

func TestImportPlanByPolicy(t *testing.T) {
	f, err := ReadFile(t.Context(), []byte(importedFile))
	require.NoError(t, err)
	var b strings.Builder
	for _, c := range []struct {
		name   string
		policy imports.ConflictPolicy
	}{
		{"no choices", withReplaceDefault(imports.ConflictPolicy{})},
		{"skip", imports.ConflictPolicy{Default: imports.Skip}},
		{"keep both", withReplaceDefault(imports.ConflictPolicy{ByName: map[string]imports.Decision{"DOCS": imports.KeepBoth, "same": imports.KeepBoth}})},
		{"some slugs", withReplaceDefault(imports.ConflictPolicy{Names: []string{"Docs", "bad"}})},
		{"the second of two", withReplaceDefault(imports.ConflictPolicy{Indexes: []int{4}})},
		{"both of two", withReplaceDefault(imports.ConflictPolicy{Indexes: []int{0, 4}})},
	} {
		p := imports.NewPlan(Kind{}, library(t, existingFile), f.ImportEntries(), c.policy)
		require.NoError(t, p.LimitError)
		fmt.Fprintf(&b, "== %s\n%s", c.name, describePlan(p, f))
	}
	golden.Equal(t, "plan.txt", []byte(b.String()))
}

func TestImportPlanChecksLimits(t *testing.T) {
	var b strings.Builder
	b.WriteString("customModes:\n")
	for i := range MaxModes - 1 {
		fmt.Fprintf(&b, "- {slug: m%d, name: M, roleDefinition: r, groups: []}\n", i)
	}
	full := library(t, b.String())
	f, err := ReadFile(t.Context(), []byte("- {slug: m0, name: M, roleDefinition: r, groups: []}\n- {slug: x, name: M, roleDefinition: r, groups: []}\n- {slug: y, name: M, roleDefinition: r, groups: []}\n"))
	require.NoError(t, err)
	p := imports.NewPlan(Kind{}, full, f.ImportEntries(), withReplaceDefault(imports.ConflictPolicy{}))
	assert.True(t, fault.Is(p.LimitError, fault.TooLarge))
	p = imports.NewPlan(Kind{}, full, f.ImportEntries(), withReplaceDefault(imports.ConflictPolicy{Names: []string{"m0", "x"}}))
	assert.NoError(t, p.LimitError)
	assert.Equal(t, 1, p.Count(resource.ActionUnchanged))
}

func TestFreeSlugIsFirstUnused(t *testing.T) {
	long := strings.Repeat("a", MaxSlugLength)
	var existing []resource.Object
	for i, slug := range []string{"docs", "docs-2", long, long[:48] + "-2"} {
		existing = append(existing, OrganizationMode{ID: uuid.UUID{15: byte(i + 1)}, Mode: Mode{Slug: slug}}.Object())
	}
	for slug, free := range map[string]string{"Docs": "Docs-3", long: long[:48] + "-3"} {
		entry := imports.Entry{Spec: Mode{Slug: slug, Name: "Other"}}
		assert.Equal(t, free, imports.NewPlan(Kind{}, existing, []imports.Entry{entry}, imports.ConflictPolicy{}).Items[0].FreeName)
	}
}
