package templates

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orgmodes/internal/fault"
	"orgmodes/internal/golden"
	"orgmodes/internal/imports"
	"orgmodes/internal/resource"
)

// applyTemplates returns an organization's templates after an import. It writes one template
// after the other and checks each against the existing names, as a store does.
func applyTemplates(tb tester, before []OrganizationTemplate, writes []OrganizationTemplate) []OrganizationTemplate {
	tb.Helper()
	all := append([]OrganizationTemplate{}, before...)
	touched := map[uuid.UUID]bool{}
	for _, w := range writes {
		index := -1
		for i, o := range all {
			if o.ID == w.ID {
				index = i
			} else {
				require.NotEqual(tb, NameKey(o.Name), NameKey(w.Name), "two templates with one name")
			}
		}
		if w.ID == uuid.Nil {
			w.ID = uuid.New()
		}
		require.False(tb, touched[w.ID], "one template twice")
		touched[w.ID] = true
		if index < 0 {
			all = append(all, w)
			continue
		}
		all[index].Template = w.Template
	}
	return all
}

// planImport plans the import of files into an organization.
func planImport(existing []OrganizationTemplate, f Files, policy imports.ConflictPolicy) imports.Plan {
	var objects []resource.Object
	for _, t := range existing {
		objects = append(objects, t.Object())
	}
	return imports.NewPlan(Kind{}, objects, f.ImportEntries(), policy)
}

// writtenTemplates returns the templates that a plan creates or updates.
func writtenTemplates(p imports.Plan) (all []OrganizationTemplate) {
	for _, op := range p.Ops() {
		all = append(all, FromObject(op.New))
	}
	return all
}

func requireApplicable(tb tester, before []OrganizationTemplate, p imports.Plan) {
	tb.Helper()
	after := applyTemplates(tb, before, writtenTemplates(p))
	require.Len(tb, after, len(before)+p.Count(resource.ActionCreate))
	for _, w := range writtenTemplates(p) {
		require.NoError(tb, w.Validate(Tools{}))
	}
}

func TestImportOfExportIsUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawOrganization().Draw(t, "organization")
		files, err := ReadFiles(t.Context(), WriteFolder(all), Tools{})
		require.NoError(t, err)
		plan := planImport(all, files, imports.ConflictPolicy{Default: rapid.SampledFrom([]imports.Decision{"", imports.Skip, imports.Replace, imports.KeepBoth}).Draw(t, "choice")})
		assert.Equal(t, len(all), plan.Count(resource.ActionUnchanged))
		assert.Empty(t, writtenTemplates(plan))
		assert.NoError(t, plan.LimitError)

		// Into an empty organization all are created, unchanged and with their ids. A second
		// import changes nothing.
		plan = planImport(nil, files, imports.ConflictPolicy{})
		assert.Equal(t, len(all), plan.Count(resource.ActionCreate))
		after := applyTemplates(t, nil, writtenTemplates(plan))
		for i, o := range Sorted(all) {
			assert.Equal(t, o.ID, Sorted(after)[i].ID)
			assert.Equal(t, o.Template, Sorted(after)[i].Template)
		}
	})
}

// TestPlanCanBeApplied checks random plans against a store with unique names.
func TestPlanCanBeApplied(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Few names and contents, to make conflicts likely.
		name := rapid.SampledFrom([]string{"A", "a", "B", "B (2)", "C"})
		content := rapid.SampledFrom([]Template{valid(), Defaults()[0], Defaults()[1]})
		few := rapid.Custom(func(t *rapid.T) Template {
			out := content.Draw(t, "content").Normalized()
			out.Name = name.Draw(t, "name")
			return out
		})
		var before []OrganizationTemplate
		for i, drawn := range rapid.SliceOfNDistinct(few, 0, 4, func(t Template) string { return NameKey(t.Name) }).Draw(t, "organization") {
			before = append(before, OrganizationTemplate{Template: drawn, ID: id(i + 1)})
		}
		var texts []string
		for range rapid.IntRange(0, 6).Draw(t, "entries") {
			o := OrganizationTemplate{Template: few.Draw(t, "template"), ID: rapid.SampledFrom([]uuid.UUID{uuid.Nil, id(1), id(2), id(3), id(101), id(102)}).Draw(t, "id")}
			texts = append(texts, string(WriteFile(o)))
		}
		files, err := ReadFile(t.Context(), []byte("["+strings.Join(texts, ",")+"]"), Tools{})
		require.NoError(t, err)
		c := imports.ConflictPolicy{Default: rapid.SampledFrom([]imports.Decision{"", imports.Skip, imports.Replace, imports.KeepBoth}).Draw(t, "choice")}
		for i := range texts {
			if rapid.Bool().Draw(t, "by itself") {
				if c.ByIndex == nil {
					c.ByIndex = map[int]imports.Decision{}
				}
				c.ByIndex[i] = rapid.SampledFrom([]imports.Decision{imports.Skip, imports.Replace, imports.KeepBoth}).Draw(t, "own choice")
			}
		}
		plan := planImport(before, files, c)
		requireApplicable(t, before, plan)
		again := planImport(before, files, c)
		assert.Equal(t, plan, again, "the same each time")
		for _, p := range plan.Items {
			require.NotEmpty(t, p.Action)
			if p.Action == resource.ActionUpdate {
				assert.Equal(t, Kind{}.Diff(p.Existing.Spec, p.Object.Spec), p.Changes)
				assert.Equal(t, p.Existing.ID, p.Object.ID)
			}
			if p.Action == resource.ActionConflict {
				assert.NotEmpty(t, p.Reason)
				assert.NotEmpty(t, p.FreeName)
			}
		}
		// Every open conflict can be resolved by renaming or skipping.
		decision := rapid.SampledFrom([]imports.Decision{imports.Skip, imports.KeepBoth}).Draw(t, "way out")
		plan = planImport(before, files, imports.ConflictPolicy{Default: decision})
		assert.Zero(t, plan.Count(resource.ActionConflict))
		requireApplicable(t, before, plan)
	})
}

func TestPlan(t *testing.T) {
	existing := defaultOrganization()[:3] // Code Expert, Web Researcher, Project Manager
	expert, researcher := existing[0], existing[1]
	changed := func(o OrganizationTemplate, change func(*OrganizationTemplate)) string {
		o.Template = o.Normalized()
		change(&o)
		return string(WriteFile(o))
	}
	text := "[" + strings.Join([]string{
		changed(expert, func(o *OrganizationTemplate) {}),
		changed(researcher, func(o *OrganizationTemplate) { o.Name, o.AllowedTools = "Researcher", []string{"read"} }),
		changed(existing[2], func(o *OrganizationTemplate) { o.ID = id(50) }),
		changed(expert, func(o *OrganizationTemplate) { o.ID, o.Name, o.Description = id(51), "New", nil }),
		changed(expert, func(o *OrganizationTemplate) { o.ID, o.Name = uuid.Nil, "NEW" }),
		changed(expert, func(o *OrganizationTemplate) { o.ID, o.Name, o.PermissionMode = id(52), "PROJECT manager", Plan }),
		changed(expert, func(o *OrganizationTemplate) { o.Name = "Another one with the expert's id" }),
		changed(expert, func(o *OrganizationTemplate) { o.ID, o.Name = id(53), "New (2)" }),
		`{"name": "bad", "permission_mode": "x"}`,
	}, ",") + "]"
	files, err := ReadFile(t.Context(), []byte(text), Tools{})
	require.NoError(t, err)
	var b strings.Builder
	for _, c := range []struct {
		name   string
		policy imports.ConflictPolicy
	}{
		{"nothing chosen", imports.ConflictPolicy{}},
		{"skip", imports.ConflictPolicy{Default: imports.Skip}},
		{"replace", imports.ConflictPolicy{Default: imports.Replace}},
		{"rename", imports.ConflictPolicy{Default: imports.KeepBoth}},
		{"by name and by index", imports.ConflictPolicy{Default: imports.Skip, ByName: map[string]imports.Decision{"new": imports.KeepBoth}, ByIndex: map[int]imports.Decision{5: imports.Replace}}},
		{"only some", imports.ConflictPolicy{Indexes: []int{4, 5}}},
		{"only none", imports.ConflictPolicy{Indexes: []int{}}},
	} {
		plan := planImport(existing, files, c.policy)
		fmt.Fprintf(&b, "== %s\n", c.name)
		for _, p := range plan.Items {
			fmt.Fprintf(&b, "%d %q -> %s", p.Index, p.Spec.ObjectName(), p.Action)
			if p.Action != resource.ActionInvalid {
				fmt.Fprintf(&b, " as %q %s", p.Object.Spec.ObjectName(), p.Object.ID)
			}
			if p.Existing != nil && p.Selected && p.Action != resource.ActionCreate {
				fmt.Fprintf(&b, " existing %q", p.Existing.Spec.ObjectName())
			}
			if p.Reason != "" {
				fmt.Fprintf(&b, "\n    %s (free: %q)", p.Reason, p.FreeName)
			}
			for _, c := range p.Changes {
				fmt.Fprintf(&b, "\n    %s %s: %v, %v", c.Kind, c.Pointer, c.Before, c.After)
			}
			for _, n := range p.Notices {
				fmt.Fprintf(&b, "\n    notice %d:%d %s: %s", n.Line, n.Column, n.Pointer, n.Detail)
			}
			b.WriteString("\n")
		}
		requireApplicable(t, existing, plan)
	}
	golden.Equal(t, "plan.txt", []byte(b.String()))
}

// TestPlanMatchesEachTemplateOnce checks that an entry can't match a template by a name that
// an earlier update in the same plan changes.
func TestPlanMatchesEachTemplateOnce(t *testing.T) {
	existing := defaultOrganization()[:1]
	renamed, copied, changed := existing[0], existing[0], existing[0]
	renamed.Name = "Renamed"
	copied.ID = id(50)
	changed.ID, changed.PermissionMode = id(51), Plan
	const update, create, open, skip, same = resource.ActionUpdate, resource.ActionCreate, resource.ActionConflict, resource.ActionSkip, resource.ActionUnchanged
	for second, want := range map[*OrganizationTemplate]map[imports.Decision][2]resource.Action{
		&copied:  {"": {update, open}, imports.Skip: {update, skip}, imports.Replace: {skip, same}, imports.KeepBoth: {update, create}},
		&changed: {"": {update, open}, imports.Skip: {update, skip}, imports.Replace: {update, open}, imports.KeepBoth: {update, create}},
	} {
		files, err := ReadFile(t.Context(), []byte("["+string(WriteFile(renamed))+","+string(WriteFile(*second))+"]"), Tools{})
		require.NoError(t, err)
		for decision, want := range want {
			plan := planImport(existing, files, imports.ConflictPolicy{Default: decision})
			assert.Equal(t, want, [2]resource.Action{plan.Items[0].Action, plan.Items[1].Action}, "%q %s", decision, second.ID)
			requireApplicable(t, existing, plan)
		}
	}
}

// TestReplaceDoesNotTakeNameOfThirdTemplate checks that replacing one template doesn't permit
// taking another template's name.
func TestReplaceDoesNotTakeNameOfThirdTemplate(t *testing.T) {
	existing := defaultOrganization()[:2]
	first, second := existing[0], existing[0]
	first.PermissionMode, second.Name = Plan, existing[1].Name
	files, err := ReadFile(t.Context(), []byte("["+string(WriteFile(first))+","+string(WriteFile(second))+"]"), Tools{})
	require.NoError(t, err)
	plan := planImport(existing, files, imports.ConflictPolicy{Default: imports.Replace})
	assert.Equal(t, resource.ActionUpdate, plan.Items[0].Action)
	assert.Equal(t, resource.ActionConflict, plan.Items[1].Action)
	assert.Contains(t, plan.Items[1].Reason, "it can't be replaced")
}

// TestReplacedEntryReleasesItsName checks that a replaced entry no longer reserves its name.
func TestReplacedEntryReleasesItsName(t *testing.T) {
	files, err := ReadFile(t.Context(), []byte("["+withID(id(1), "A")+","+withID(id(1), "B")+","+templateJSON("A")+"]"), Tools{})
	require.NoError(t, err)
	plan := planImport(nil, files, imports.ConflictPolicy{ByIndex: map[int]imports.Decision{1: imports.Replace}})
	assert.Equal(t, []resource.Action{resource.ActionSkip, resource.ActionCreate, resource.ActionCreate},
		[]resource.Action{plan.Items[0].Action, plan.Items[1].Action, plan.Items[2].Action})
}

func TestPlanChecksLimits(t *testing.T) {
	existing := make([]OrganizationTemplate, MaxTemplates)
	for i := range existing {
		existing[i] = OrganizationTemplate{Template: valid(), ID: id(i + 1)}
		existing[i].Name = fmt.Sprint("n", i)
	}
	files, err := ReadFile(t.Context(), []byte("["+templateJSON("n1")+"]"), Tools{})
	require.NoError(t, err)
	plan := planImport(existing, files, imports.ConflictPolicy{Default: imports.Replace})
	assert.NoError(t, plan.LimitError)
	plan = planImport(existing, files, imports.ConflictPolicy{Default: imports.KeepBoth})
	assert.True(t, fault.Is(plan.LimitError, fault.TooLarge))
}

func TestFreeNameIsFirstUnused(t *testing.T) {
	long, longest := strings.Repeat("é", 96), strings.Repeat("é", 100)
	var existing []OrganizationTemplate
	for i, name := range []string{"x", "x (2)", "(2)", long, longest} {
		existing = append(existing, OrganizationTemplate{ID: id(i + 1), Template: Template{Name: name}})
	}
	free := func(name string) string {
		f := Files{Entries: []Entry{{Template: Template{Name: name, PermissionMode: Plan}}}}
		return planImport(existing, f, imports.ConflictPolicy{}).Items[0].FreeName
	}
	assert.Equal(t, "X (3)", free("X"))
	assert.Equal(t, "x (3)", free("x (2)"))
	assert.Equal(t, "(2) (2)", free("(2)"))
	assert.Equal(t, long+" (2)", free(long+"    "))
	assert.NoError(t, Template{Name: free(longest), PermissionMode: Plan}.Validate(Tools{}))
}
