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
	"orgmodes/internal/resource"
)

// applied is an organization after an import, done as a store does it: one after
// the other, each held against the names that there are.
func applied(tb tester, before []OrganizationTemplate, wanted []OrganizationTemplate) []OrganizationTemplate {
	tb.Helper()
	all := append([]OrganizationTemplate{}, before...)
	touched := map[uuid.UUID]bool{}
	for _, w := range wanted {
		place := -1
		for i, o := range all {
			if o.ID == w.ID {
				place = i
			} else {
				require.NotEqual(tb, NameKey(o.Name), NameKey(w.Name), "two templates with one name")
			}
		}
		if w.ID == uuid.Nil {
			w.ID = uuid.New()
		}
		require.False(tb, touched[w.ID], "one template twice")
		touched[w.ID] = true
		if place < 0 {
			all = append(all, w)
			continue
		}
		all[place].Template = w.Template
	}
	return all
}

func requireApplicable(tb tester, before []OrganizationTemplate, p ImportPlan) {
	tb.Helper()
	after := applied(tb, before, p.Wanted())
	require.Len(tb, after, len(before)+p.Count(resource.ActionCreate))
	for _, w := range p.Wanted() {
		require.NoError(tb, w.Validate(Tools{}))
	}
}

func TestWhatWasExportedIsUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawOrganization().Draw(t, "organization")
		files, err := Read(t.Context(), WriteFolder(all), Tools{})
		require.NoError(t, err)
		plan, err := PlanImport(all, files, Choices{OnConflict: rapid.SampledFrom([]Choice{"", Skip, Replace, Rename}).Draw(t, "choice")})
		require.NoError(t, err)
		assert.Equal(t, len(all), plan.Count(resource.ActionUnchanged))
		assert.Empty(t, plan.Wanted())
		assert.NoError(t, plan.TooMuch)

		// Into an empty organization, all are created, as they are and with their ids;
		// and then again all are unchanged.
		plan, err = PlanImport(nil, files, Choices{})
		require.NoError(t, err)
		assert.Equal(t, len(all), plan.Count(resource.ActionCreate))
		after := applied(t, nil, plan.Wanted())
		for i, o := range Sorted(all) {
			assert.Equal(t, o.ID, Sorted(after)[i].ID)
			assert.Equal(t, o.Template, Sorted(after)[i].Template)
		}
	})
}

// TestAPlanCanBeApplied holds any plan against a store that knows one name once.
func TestAPlanCanBeApplied(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Few names and contents, so that they meet.
		name := rapid.SampledFrom([]string{"A", "a", "B", "B (2)", "C"})
		content := rapid.SampledFrom([]Template{valid(), Shipped()[0], Shipped()[1]})
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
		c := Choices{OnConflict: rapid.SampledFrom([]Choice{"", Skip, Replace, Rename}).Draw(t, "choice")}
		for i := range texts {
			if rapid.Bool().Draw(t, "by itself") {
				if c.ByIndex == nil {
					c.ByIndex = map[int]Choice{}
				}
				c.ByIndex[i] = rapid.SampledFrom([]Choice{Skip, Replace, Rename}).Draw(t, "own choice")
			}
		}
		plan, err := PlanImport(before, files, c)
		require.NoError(t, err)
		requireApplicable(t, before, plan)
		again, err := PlanImport(before, files, c)
		require.NoError(t, err)
		assert.Equal(t, plan, again, "the same each time")
		for _, p := range plan.Templates {
			require.NotEmpty(t, p.Action)
			if p.Action == resource.ActionUpdate {
				assert.Equal(t, Diff(p.Existing.Template, p.Template), p.Changes)
				assert.Equal(t, p.Existing.ID, p.ID)
			}
			if p.Action == resource.ActionConflict {
				assert.NotEmpty(t, p.Reason)
				assert.NotEmpty(t, p.FreeName)
			}
		}
		// Whatever is open can be renamed or skipped.
		way := rapid.SampledFrom([]Choice{Skip, Rename}).Draw(t, "way out")
		plan, err = PlanImport(before, files, Choices{OnConflict: way})
		require.NoError(t, err)
		assert.Zero(t, plan.Count(resource.ActionConflict))
		requireApplicable(t, before, plan)
	})
}

func TestPlan(t *testing.T) {
	existing := shippedOrganization()[:3] // Code Expert, Web Researcher, Project Manager
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
		name    string
		choices Choices
	}{
		{"nothing chosen", Choices{}},
		{"skip", Choices{OnConflict: Skip}},
		{"replace", Choices{OnConflict: Replace}},
		{"rename", Choices{OnConflict: Rename}},
		{"by name and by index", Choices{OnConflict: Skip, ByName: map[string]Choice{"new": Rename}, ByIndex: map[int]Choice{5: Replace}}},
		{"only some", Choices{Only: []int{4, 5}}},
		{"only none", Choices{Only: []int{}}},
	} {
		plan, err := PlanImport(existing, files, c.choices)
		require.NoError(t, err)
		fmt.Fprintf(&b, "== %s\n", c.name)
		for _, p := range plan.Templates {
			fmt.Fprintf(&b, "%d %q -> %s", p.Index, p.Entry.Template.Name, p.Action)
			if p.Action != resource.ActionInvalid {
				fmt.Fprintf(&b, " as %q %s", p.Template.Name, p.ID)
			}
			if p.Existing != nil {
				fmt.Fprintf(&b, " existing %q", p.Existing.Name)
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

// TestAPlaceIsTakenOnce: what an update renames is no longer there for who wants
// its old name.
func TestAPlaceIsTakenOnce(t *testing.T) {
	existing := shippedOrganization()[:1]
	renamed, copied, changed := existing[0], existing[0], existing[0]
	renamed.Name = "Renamed"
	copied.ID = id(50)
	changed.ID, changed.PermissionMode = id(51), Plan
	const update, create, open, skip, same = resource.ActionUpdate, resource.ActionCreate, resource.ActionConflict, resource.ActionSkip, resource.ActionUnchanged
	for second, want := range map[*OrganizationTemplate]map[Choice][2]resource.Action{
		&copied:  {"": {update, open}, Skip: {update, skip}, Replace: {skip, same}, Rename: {update, create}},
		&changed: {"": {update, open}, Skip: {update, skip}, Replace: {update, open}, Rename: {update, create}},
	} {
		files, err := ReadFile(t.Context(), []byte("["+string(WriteFile(renamed))+","+string(WriteFile(*second))+"]"), Tools{})
		require.NoError(t, err)
		for way, want := range want {
			plan, err := PlanImport(existing, files, Choices{OnConflict: way})
			require.NoError(t, err)
			assert.Equal(t, want, [2]resource.Action{plan.Templates[0].Action, plan.Templates[1].Action}, "%q %s", way, second.ID)
			requireApplicable(t, existing, plan)
		}
	}
}

// TestANameOfAThirdIsNotReplacedAway: taking the place of one template does not
// give the name of another.
func TestANameOfAThirdIsNotReplacedAway(t *testing.T) {
	existing := shippedOrganization()[:2]
	first, second := existing[0], existing[0]
	first.PermissionMode, second.Name = Plan, existing[1].Name
	files, err := ReadFile(t.Context(), []byte("["+string(WriteFile(first))+","+string(WriteFile(second))+"]"), Tools{})
	require.NoError(t, err)
	plan, err := PlanImport(existing, files, Choices{OnConflict: Replace})
	require.NoError(t, err)
	assert.Equal(t, resource.ActionUpdate, plan.Templates[0].Action)
	assert.Equal(t, resource.ActionConflict, plan.Templates[1].Action)
	assert.Contains(t, plan.Templates[1].Reason, "it can't be replaced")
}

// TestWhatIsReplacedLeavesItsName: what was put aside holds nothing any more.
func TestWhatIsReplacedLeavesItsName(t *testing.T) {
	files, err := ReadFile(t.Context(), []byte("["+withID(id(1), "A")+","+withID(id(1), "B")+","+one("A")+"]"), Tools{})
	require.NoError(t, err)
	plan, err := PlanImport(nil, files, Choices{ByIndex: map[int]Choice{1: Replace}})
	require.NoError(t, err)
	assert.Equal(t, []resource.Action{resource.ActionSkip, resource.ActionCreate, resource.ActionCreate},
		[]resource.Action{plan.Templates[0].Action, plan.Templates[1].Action, plan.Templates[2].Action})
}

func TestChoicesThatMakeNoSense(t *testing.T) {
	files, err := ReadFile(t.Context(), []byte(one("A")), Tools{})
	require.NoError(t, err)
	for pointer, c := range map[string]Choices{
		"/on_conflict":  {OnConflict: "overwrite"},
		"/by_name/A":    {ByName: map[string]Choice{"A": ""}},
		"/by_name/b~1c": {ByName: map[string]Choice{"b/c": Skip}},
		"/by_index/0":   {ByIndex: map[int]Choice{0: "x"}},
		"/by_index/1":   {ByIndex: map[int]Choice{1: Skip}},
		"/only/1":       {Only: []int{0, -1}},
	} {
		_, err := PlanImport(nil, files, c)
		f, _ := fault.As(err)
		require.NotNil(t, f, pointer)
		assert.Equal(t, fault.Invalid, f.Kind)
		assert.Equal(t, pointer, f.Fields[0].Pointer)
	}
	_, err = PlanImport(nil, files, Choices{ByName: map[string]Choice{"a": Skip}})
	assert.NoError(t, err, "capitals make no difference")
}

func TestAPlanKnowsTheLimits(t *testing.T) {
	existing := make([]OrganizationTemplate, MaxTemplates)
	for i := range existing {
		existing[i] = OrganizationTemplate{Template: valid(), ID: id(i + 1)}
		existing[i].Name = fmt.Sprint("n", i)
	}
	files, err := ReadFile(t.Context(), []byte("["+one("n1")+"]"), Tools{})
	require.NoError(t, err)
	plan, err := PlanImport(existing, files, Choices{OnConflict: Replace})
	require.NoError(t, err)
	assert.NoError(t, plan.TooMuch)
	plan, err = PlanImport(existing, files, Choices{OnConflict: Rename})
	require.NoError(t, err)
	assert.True(t, fault.Is(plan.TooMuch, fault.TooLarge))
}

func TestFreeNames(t *testing.T) {
	p := planner{taken: map[string]bool{"x": true, "x (2)": true}}
	assert.Equal(t, "X (3)", p.freeName("X"))
	assert.Equal(t, "x (3)", p.freeName("x (2)"))
	assert.Equal(t, "(2) (2)", p.freeName("(2)"))
	long := strings.Repeat("é", 96) + "    "
	assert.Equal(t, strings.Repeat("é", 96)+" (2)", p.freeName(long))
	assert.NoError(t, Template{Name: p.freeName(strings.Repeat("é", 100)), PermissionMode: Plan}.Validate(Tools{}))
}
