package lint

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// checkSlugs returns the report on a modes file without findings.
func checkSlugs(name string, slugs ...string) Result {
	data := "customModes:\n"
	for _, slug := range slugs {
		data += fmt.Sprintf("  - slug: %s\n    name: N\n    roleDefinition: You are the first letter.\n    description: d\n    groups: [read]\n", slug)
	}
	return Check(context.Background(), name, []byte(data))
}

func crossFileFindings(r Result) []Finding {
	var out []Finding
	for _, f := range r.Findings {
		if f.Rule == "slug-in-several-files" {
			out = append(out, f)
		}
	}
	return out
}

// TestCompare checks that a slug in several files is reported at each position, with the
// others.
func TestCompare(t *testing.T) {
	results := []Result{
		checkSlugs("a.yaml", "docs", "tests", "tests"),
		checkSlugs("b.yaml", "more", "DOCS"),
		checkSlugs("c.yaml", "docs"),
		Check(t.Context(), "broken.yaml", []byte("slug: [")),
		{File: "logo.png", Skipped: "no modes"},
	}
	Compare(results)
	want := func(file int, slug string, line int, detail string, others ...Location) {
		t.Helper()
		assert.Equal(t, []Finding{{
			Rule: "slug-in-several-files", Severity: Warning, Mode: slug, Pointer: "/slug", Line: line, Column: 11, Others: others,
			Detail: detail + " An organization can have it once: imported together, only the first of them is taken.",
			Fix:    "If they are meant for one organization, keep one of them, or give each its own slug.",
		}}, crossFileFindings(results[file]), results[file].File)
	}
	a, b, c := Location{"a.yaml", 2, 11}, Location{"b.yaml", 7, 11}, Location{"c.yaml", 2, 11}
	want(0, "docs", 2, "The slug docs is in b.yaml:7:11 and c.yaml:2:11 too.", b, c)
	want(1, "DOCS", 7, "The slug DOCS is in a.yaml:2:11 and c.yaml:2:11 too.", a, c)
	want(2, "docs", 2, "The slug docs is in a.yaml:2:11 and b.yaml:7:11 too.", a, b)
	for _, r := range results[3:] {
		assert.Empty(t, crossFileFindings(r), r.File)
	}
	assert.Equal(t, 1, ExitCode(results[1:3], true))
	assert.Equal(t, 0, ExitCode(results[1:3], false))
	// Sorted among the other findings.
	lines := []int{}
	for _, f := range results[0].Findings {
		lines = append(lines, f.Line)
	}
	assert.IsNonDecreasing(t, lines)
}

func TestCompareWithoutSharedSlugs(t *testing.T) {
	for name, results := range map[string][]Result{
		"one file":        {checkSlugs("a.yaml", "docs", "tests", "tests")},
		"different slugs": {checkSlugs("a.yaml", "docs"), checkSlugs("b.yaml", "tests")},
		"one file twice":  {checkSlugs("a.yaml", "docs"), checkSlugs("a.yaml", "docs")},
		"no slugs":        {Check(t.Context(), "a.yaml", []byte("customModes: [{name: A}]")), Check(t.Context(), "b.yaml", []byte("customModes: [{name: A}]"))},
		"no files":        nil,
	} {
		Compare(results)
		for _, r := range results {
			assert.Empty(t, crossFileFindings(r), name)
		}
	}
}

func TestJoinLocations(t *testing.T) {
	var locations []Location
	for i := range 6 {
		locations = append(locations, Location{fmt.Sprintf("%c.yaml", 'a'+i), 1, 2})
	}
	for n, want := range map[int]string{
		1: "a.yaml:1:2",
		2: "a.yaml:1:2 and b.yaml:1:2",
		4: "a.yaml:1:2, b.yaml:1:2, c.yaml:1:2 and d.yaml:1:2",
		6: "a.yaml:1:2, b.yaml:1:2, c.yaml:1:2 and 3 more",
	} {
		require.Equal(t, want, joinLocations(locations[:n]))
	}
}
