package imports_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/imports"
	"orgmodes/internal/resource"
	"orgmodes/internal/resource/resourcetest"
)

type gadget = resourcetest.Gadget

// id returns the n-th id used by the tests.
func id(n int) uuid.UUID { return uuid.UUID{15: byte(n)} }

// library returns the gadgets as objects, with ids from 1.
func library(gadgets ...gadget) []resource.Object {
	var out []resource.Object
	for i, g := range gadgets {
		out = append(out, resource.Object{Kind: "gadget", Spec: g, Meta: resource.Meta{ID: id(i + 1), Version: 1}})
	}
	return out
}

// entry returns an entry for g; withID 0 means no id.
func entry(g gadget, withID int) imports.Entry { return imports.Entry{Spec: g, ID: id(withID)} }

// plan plans the import of entries, in their order, each on its own line.
func plan(existing []resource.Object, policy imports.ConflictPolicy, entries ...imports.Entry) imports.Plan {
	for i := range entries {
		entries[i].Index, entries[i].Line = i, i+1
	}
	return imports.NewPlan(resourcetest.Kind{}, existing, entries, policy)
}

// lines returns one line per item: the action, the resulting name and id, the changes, and
// the notices.
func lines(p imports.Plan) []string {
	var out []string
	for _, i := range p.Items {
		line := fmt.Sprintf("%s %s %d", i.Action, i.Object.Spec.ObjectName(), i.Object.ID[15])
		for _, c := range i.Changes {
			line += fmt.Sprintf(", %s %s", c.Kind, c.Pointer)
		}
		for _, n := range i.Notices {
			line += fmt.Sprintf(", line %d %s: %s", n.Line, n.Pointer, n.Detail)
		}
		if i.Reason != "" {
			line += " (" + i.Reason + "; free: " + i.FreeName + ")"
		}
		out = append(out, line)
	}
	return out
}

const otherID = "the organization has a gadget 'gear' with another id"

func TestPlanByPolicy(t *testing.T) {
	existing := library(gadget{Name: "gear"}, gadget{Name: "wheel"}, gadget{Name: "gear-2"})
	for decision, gear := range map[imports.Decision]string{
		imports.Undecided: "conflict gear 0, changed /mode (" + otherID + "; free: gear-3)",
		imports.Skip:      "skip gear 0, changed /mode (" + otherID + "; free: gear-3)",
		imports.Replace:   "update gear 1, changed /mode, line 2 /name: replaces gear (" + otherID + "; free: gear-3)",
		imports.KeepBoth:  "create gear-3 0, line 2 /name: called gear-3 (" + otherID + "; free: gear-3)",
	} {
		p := plan(existing, imports.ConflictPolicy{Default: decision},
			entry(gadget{Name: "new"}, 9), entry(gadget{Name: "gear", Mode: "docs"}, 0), entry(gadget{Name: "wheel"}, 0), entry(gadget{Name: "renamed"}, 3))
		assert.Equal(t, []string{"create new 9", gear, "unchanged wheel 2", "update renamed 3, changed /name"}, lines(p), decision)
		require.NoError(t, p.LimitError)
		assert.Len(t, p.Ops(), p.Count(resource.ActionCreate)+p.Count(resource.ActionUpdate))
		for _, op := range p.Ops() {
			assert.Equal(t, resource.Put, op.Verb)
			assert.Equal(t, "gadget", op.Kind)
		}
	}
}

func TestDecisionByIndexOverridesByName(t *testing.T) {
	existing := library(gadget{Name: "a"}, gadget{Name: "b"}, gadget{Name: "c"})
	p := plan(existing, imports.ConflictPolicy{
		Default: imports.Skip, ByName: map[string]imports.Decision{"a": imports.KeepBoth, "b": imports.KeepBoth},
		ByIndex: map[int]imports.Decision{0: imports.Replace},
	}, entry(gadget{Name: "a", Mode: "x"}, 0), entry(gadget{Name: "b", Mode: "x"}, 0), entry(gadget{Name: "c", Mode: "x"}, 0))
	assert.Equal(t, resource.ActionUpdate, p.Items[0].Action)
	assert.Equal(t, "b-2", p.Items[1].Object.Spec.ObjectName())
	assert.Equal(t, resource.ActionSkip, p.Items[2].Action)
}

func TestFreeNameIsUniqueAmongEntries(t *testing.T) {
	p := plan(library(gadget{Name: "a"}), imports.ConflictPolicy{Default: imports.KeepBoth},
		entry(gadget{Name: "a", Mode: "x"}, 0), entry(gadget{Name: "a", Mode: "y"}, 0), entry(gadget{Name: "a-3"}, 0))
	var names []string
	for _, op := range p.Ops() {
		names = append(names, op.New.Spec.ObjectName())
	}
	assert.Equal(t, []string{"a-2", "a-4", "a-3"}, names)
}

func TestReplaceEarlierEntry(t *testing.T) {
	p := plan(nil, imports.ConflictPolicy{ByIndex: map[int]imports.Decision{1: imports.Replace}},
		entry(gadget{Name: "a"}, 7), entry(gadget{Name: "a", Mode: "x"}, 0), entry(gadget{Name: "b"}, 7))
	assert.Equal(t, []string{
		"skip a 7, line 1 : replaced by gadget 1 of the files (line 2)",
		"create a 7 (gadget 0 of the files (line 1) has the same name; free: a-2)",
		"conflict b 7 (gadget 1 of the files (line 2) has the same gadget_id; free: b)",
	}, lines(p))
}

func TestConflictThatIsProblemIsDecidedByIndexOnly(t *testing.T) {
	twice := entry(gadget{Name: "a", Mode: "x"}, 0)
	twice.Problems, twice.Conflict, twice.ConflictIsProblem = []fault.Field{{Pointer: "/name"}}, &resource.Conflict{}, true
	bad := entry(gadget{Name: "b"}, 0)
	bad.Problems = []fault.Field{{Pointer: "/mode"}}
	for _, c := range []struct {
		policy imports.ConflictPolicy
		want   []resource.Action
	}{
		{imports.ConflictPolicy{Default: imports.Replace}, []resource.Action{resource.ActionCreate, resource.ActionConflict, resource.ActionInvalid}},
		{imports.ConflictPolicy{Names: []string{"a", "b"}}, []resource.Action{resource.ActionCreate, resource.ActionConflict, resource.ActionInvalid}},
		{imports.ConflictPolicy{Indexes: []int{0, 1}}, []resource.Action{resource.ActionCreate, resource.ActionConflict, resource.ActionInvalid}},
		{imports.ConflictPolicy{Indexes: []int{1}}, []resource.Action{resource.ActionSkip, resource.ActionCreate, resource.ActionInvalid}},
		{imports.ConflictPolicy{Indexes: []int{}}, []resource.Action{resource.ActionSkip, resource.ActionSkip, resource.ActionInvalid}},
	} {
		p := plan(nil, c.policy, entry(gadget{Name: "a"}, 0), twice, bad)
		var actions []resource.Action
		for _, i := range p.Items {
			actions = append(actions, i.Action)
			assert.Equal(t, i.Action == resource.ActionCreate, i.Written())
		}
		assert.Equal(t, c.want, actions, "%+v", c.policy)
		if p.Items[1].Action == resource.ActionCreate {
			assert.Empty(t, p.Items[1].Problems)
		}
	}
}

func TestPlanChecksLimitsOfKind(t *testing.T) {
	var full []gadget
	for i := range 10 {
		full = append(full, gadget{Name: fmt.Sprint("g", i)})
	}
	changed := entry(gadget{Name: "g1", Mode: "x"}, 0)
	require.NoError(t, plan(library(full...), imports.ConflictPolicy{Default: imports.Replace}, changed).LimitError)
	require.NoError(t, plan(library(full...), imports.ConflictPolicy{}, changed).LimitError)
	err := plan(library(full...), imports.ConflictPolicy{Default: imports.KeepBoth}, changed).LimitError
	require.True(t, fault.Is(err, fault.TooLarge), "%v", err)
}
