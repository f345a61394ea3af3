package manifest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/manifest"
	"orgmodes/internal/modes"
	"orgmodes/internal/resource"
	"orgmodes/internal/resource/resourcetest"
	"orgmodes/internal/templates"
	"orgmodes/internal/upload"
)

var kinds = []resource.Kind{
	modes.Kind{}, templates.Kind{Tools: func() templates.Tools { return templates.Tools{} }}, resourcetest.Kind{},
}

func read(texts ...string) ([]manifest.Document, error) {
	files := make([]upload.File, len(texts))
	for i, text := range texts {
		files[i] = upload.File{Name: fmt.Sprintf("%c.yaml", 'a'+i), Data: []byte(text)}
	}
	return manifest.Read(context.Background(), kinds, files)
}

const gadget = "kind: Gadget\nmetadata:\n  name: one\nspec:\n  mode: docs\n"

func TestReadAllKinds(t *testing.T) {
	got, err := read("# the library\n---\n" + gadget + `---
apiVersion: krate.a5c.ai/v1alpha1
kind: Mode
metadata: {name: docs, generation: 3}
spec:
  name: Docs
  config: {roleDefinition: "You write.\n---\nstill", groups: [read], icon: book}
status: {phase: Ready}
...
--- {kind: PermissionTemplate, metadata: {name: Careful}, spec: {permission_mode: plan}}
---
# nothing
`)
	require.NoError(t, err)
	require.Len(t, got, 3)
	assert.Equal(t, resourcetest.Gadget{Name: "one", Mode: "docs"}, got[0].Spec)
	assert.Equal(t, 3, got[0].Line)
	assert.Equal(t, "docs", got[1].Name())
	assert.EqualValues(t, 3, got[1].Generation)
	assert.Equal(t, []resource.Notice{{Pointer: "/1/status", Detail: "status is ignored: the library determines it", Line: 15, Column: 1}}, got[1].Notices)
	assert.Equal(t, "Careful", got[2].Name())

	for _, text := range []string{
		`{"kind": "Gadget", "metadata": {"name": "one"}, "spec": {"mode": "docs"}}`,
		`[{"kind": "Gadget", "metadata": {"name": "one"}, "spec": {"name": "one", "mode": "docs"}}]`,
		"\uFEFF%YAML 1.1\n---\n" + gadget,
		strings.ReplaceAll(gadget, "\n", "\r\n"),
	} {
		got, err := read(text)
		require.NoError(t, err, text)
		require.Len(t, got, 1, text)
		assert.Equal(t, resourcetest.Gadget{Name: "one", Mode: "docs"}, got[0].Spec)
	}
}

func TestReadProblemPositions(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"an unknown kind":         {"kind: Gaget\nmetadata: {name: a}\nspec: {}\n", `line 1, column 7: /kind: unknown kind "Gaget"; the closest match is Gadget`},
		"no kind":                 {"metadata: {name: a}\nspec: {}\n", "line 1, column 1: /kind: is required, such as Mode"},
		"an unknown field":        {gadget + "  requirez: two\n", `line 6, column 3: /spec/requirez: unknown field "requirez"; the closest match is "requires"`},
		"an unknown field around": {gadget + "labls: {}\n", `line 6, column 1: /labls: unknown field "labls"`},
		"a list":                  {"- 1\n", "line 1, column 1: must be an object, not a list"},
		"no name":                 {"kind: Gadget\nmetadata: {}\nspec: {}\n", "line 2, column 11: /metadata/name: is required"},
		"two names":               {gadget + "  name: two\n", `line 6, column 9: /spec/name: must be "one" like metadata.name, or absent`},
		"a name that can't be":    {"kind: Gadget\nmetadata:\n  name: One\nspec: {}\n", "line 3, column 9: /metadata/name: must be a DNS label"},
		"a spec that is a text":   {"kind: Gadget\nmetadata: {name: a}\nspec: x\n", "line 3, column 7: /spec: must be an object, not text"},
		"no spec":                 {"kind: Gadget\nmetadata: {name: a}\n", "/spec: is required"},
		"another version":         {"apiVersion: v1\n" + gadget, "line 1, column 13: /apiVersion: must be orgmodes/v1alpha1, or absent"},
		"a generation":            {strings.Replace(gadget, "name: one", "name: one\n  generation: -1", 1), "line 4, column 15: /metadata/generation: must be a number, 1 or higher, or absent"},
		"a label of a mode":       {strings.Replace(modeNamed("docs"), "docs}", "docs, labels: {team: x}}", 1), "line 2, column 32: /metadata/labels: a mode has no labels; leave them out"},
		"a key of a label":        {strings.Replace(gadget, "name: one", "name: one\n  labels:\n    team/a b: x", 1), "line 5, column 15: /metadata/labels/team~1a b: is not a label key"},
		"a label's value":         {strings.Replace(gadget, "name: one", "name: one\n  labels: {team: -x}", 1), `line 4, column 18: /metadata/labels/team: has the value "-x"`},
		"a label that is no text": {strings.Replace(gadget, "name: one", "name: one\n  labels: {team: 1}", 1), "line 4, column 18: /metadata/labels/team: must be text, not the number 1"},
		"labels in a list":        {strings.Replace(gadget, "name: one", "name: one\n  labels: [team]", 1), "line 4, column 11: /metadata/labels: must be an object, not a list"},
		"the same label twice":    {strings.Replace(gadget, "name: one", "name: one\n  labels: {team: x, team: y}", 1), "/metadata/labels/team: "},
		"twice the same":          {gadget + "---\n" + gadget, `line 9, column 9: /1/metadata/name: the gadget "one" is in the document at line 1 already; leave one of them out`},
		"modes differ in case":    {modeNamed("docs") + "---\n" + modeNamed("DOCS"), `/1/metadata/name: the mode "DOCS" is in the document at line 1 already`},
		"a mode without a role":   {"kind: Mode\nmetadata: {name: docs}\nspec: {name: Docs, config: {groups: []}}\n", "line 3, column 28: /spec/config/roleDefinition:"},
		"a slug that can't be":    {"kind: Mode\nmetadata: {name: a b}\nspec: {name: Docs, config: {roleDefinition: r, groups: []}}\n", "line 2, column 18: /metadata/name:"},
		"a template's mode":       {"---\nkind: PermissionTemplate\nmetadata: {name: T}\nspec: {permission_mode: yolo}\n", "line 4, column 25: /spec/permission_mode:"},
		"YAML that breaks off":    {gadget + "---\n" + gadget + "---\nkind: [\n", "(line 13, column"},
		"nothing":                 {"# nothing\n---\n", "This contains no manifest"},
		"an empty list":           {"[]", "This contains no manifest"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(c.text)
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.want)
			_, ok := fault.As(err)
			assert.True(t, ok)
		})
	}
}

func modeNamed(slug string) string {
	return "kind: Mode\nmetadata: {name: " + slug + "}\nspec: {name: Docs, config: {roleDefinition: r, groups: []}}\n"
}

func TestReadProblemsNameTheirFile(t *testing.T) {
	_, err := read(gadget, gadget)
	require.ErrorContains(t, err, `line 3, column 9: /1/metadata/name: b.yaml: the gadget "one" is in a.yaml, line 1 already`)
	_, err = read(gadget, "kind: [")
	require.ErrorContains(t, err, "b.yaml: ")
}

func TestReadProblemsAreCapped(t *testing.T) {
	_, err := read(strings.Repeat("kind: Gaget\n---\n", 200))
	f, _ := fault.As(err)
	require.Len(t, f.Fields, 51)
	require.Equal(t, "and 550 more problems", f.Fields[50].Detail)
}

func TestReadDocumentLimit(t *testing.T) {
	many := func(n int) (text string) {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "kind: Gadget\nmetadata: {name: g%d}\nspec: {}\n---\n", i)
		}
		return b.String()
	}
	got, err := read(many(1000))
	require.NoError(t, err)
	require.Len(t, got, 1000)
	_, err = read(many(1001))
	require.ErrorContains(t, err, "at most 1000")
	_, err = read(many(600), many(600))
	require.ErrorContains(t, err, "at most 1000")
}

func TestSortByRequiredReferences(t *testing.T) {
	one := func(name, requires string) string {
		return fmt.Sprintf("kind: Gadget\nmetadata: {name: %s}\nspec: {requires: %s}\n---\n", name, requires)
	}
	got, err := read(one("a", "b") + one("b", "c") + one("c", "elsewhere") + one("d", "a"))
	require.NoError(t, err)
	sorted, err := manifest.Sort(kinds, got)
	require.NoError(t, err)
	var names []string
	for _, d := range sorted {
		names = append(names, d.Name())
	}
	require.Equal(t, []string{"c", "b", "a", "d"}, names)

	got, err = read(one("a", "b") + one("b", "a") + one("c", "c"))
	require.NoError(t, err)
	_, err = manifest.Sort(kinds, got)
	require.ErrorContains(t, err, `line 7, column 18: /1/spec/requires: "a" requires "b" in turn`)
	require.ErrorContains(t, err, `/2/spec/requires: "c" requires "c" in turn`)
}

func TestEmptyLabelsDifferFromAbsentLabels(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"": nil, "\n  labels: null": nil, "\n  labels: {}": {}, "\n  labels: {team: docs, empty: ''}": {"team": "docs", "empty": ""},
	} {
		got, err := read(strings.Replace(gadget, "name: one", "name: one"+text, 1))
		require.NoError(t, err, text)
		require.Equal(t, want, got[0].Labels, text)
		require.NotNil(t, got[0].Object().Labels, "an object that is replaced has the labels of the manifest and no other")
	}
}

func TestPatchLabels(t *testing.T) {
	current := resource.Object{Spec: resourcetest.Gadget{Name: "one", Mode: "docs"}, Labels: map[string]string{"team": "docs", "tier": "1"}}
	for patch, want := range map[string]map[string]string{
		`{"metadata": {"labels": {"team": null, "new": "x"}}}`: {"tier": "1", "new": "x"},
		`{"metadata": {"labels": null}}`:                       {},
		`{"spec": {"mode": null}}`:                             current.Labels,
	} {
		got, err := manifest.Patch(kinds[2], current, []byte(patch))
		require.NoError(t, err, patch)
		require.Equal(t, want, got.Labels, patch)
	}
	_, err := manifest.Patch(kinds[2], current, []byte(`{"metadata": {"labels": {"team": "a b"}}}`))
	require.ErrorContains(t, err, "line 1, column 34: /metadata/labels/team: has the value")
}

// Manifests that were written can be read and give the same objects.
func TestManifestRoundTrip(t *testing.T) {
	text := "plain\n---\n# not a comment\n"
	mode := modes.Mode{Slug: "docs", Name: "Docs", Config: modes.Config{
		RoleDefinition: text, Groups: []modes.Group{{Name: "read"}, {Name: "edit", Restriction: &modes.Restriction{FileRegex: `\.md$`}}}, Extra: map[string]any{"icon": "book"},
	}}.Normalized()
	for _, c := range []struct {
		kind   resource.Kind
		spec   resource.Spec
		labels map[string]string
	}{
		{kinds[0], mode, nil},
		{kinds[1], templates.Template{Name: "Careful", PermissionMode: templates.Plan, AllowedTools: []string{"Read"}, Description: &text}.Normalized(), nil},
		{kinds[2], resourcetest.Gadget{Name: "one", Mode: "docs"}, map[string]string{"team": "docs", "on": "yes", "n": "1", "e": ""}},
	} {
		o := resource.Object{
			Spec: c.spec, Meta: resource.Meta{Version: 7}, Labels: c.labels,
			Conditions: []resource.Condition{resource.NotEvaluated(resource.ReferencesResolved, 7)},
		}
		got, err := read(string(manifest.Export(c.kind, []resource.Object{o})))
		require.NoError(t, err)
		require.True(t, c.spec.SameAs(got[0].Spec), "%v\n%v", c.spec, got[0].Spec)
		require.EqualValues(t, 7, got[0].Generation)
		require.Equal(t, c.labels, got[0].Labels)
		require.Empty(t, got[0].Notices, "a file to import has no status")

		got, err = read(string(manifest.YAML(c.kind, []resource.Object{o})))
		require.NoError(t, err)
		require.Equal(t, "/status", got[0].Notices[0].Pointer)
	}
}
