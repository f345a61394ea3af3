package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

func TestConditionsFollowTargetsOfSoftReferences(t *testing.T) {
	l, gadgets := newGadgets(t)
	org := l.org.ID
	condition := func(name string) resource.Condition {
		t.Helper()
		o, err := gadgets.Get(t.Context(), org, name)
		require.NoError(t, err)
		require.Len(t, o.Conditions, 1)
		return o.Conditions[0]
	}
	evaluate := func() {
		t.Helper()
		require.NoError(t, l.db.EvaluateStatus(t.Context(), org, l.revision()))
	}
	_, err := gadgets.Create(t.Context(), ada, org, gadget{Name: "one", Mode: "docs"})
	require.NoError(t, err)
	bare, err := gadgets.Create(t.Context(), ada, org, gadget{Name: "bare"})
	require.NoError(t, err)
	require.Empty(t, bare.Conditions, "nothing is to be found out about it")

	// Before the evaluation the condition is unknown.
	c := condition("one")
	require.Equal(t, resource.ConditionUnknown, c.Status)
	require.Equal(t, "NotEvaluated", c.Reason)

	revision, entries := l.revision(), l.count(`select count(*) from audit_log`)
	evaluate()
	missing := condition("one")
	require.Equal(t, resource.ConditionFalse, missing.Status)
	require.Equal(t, "ReferencesMissing", missing.Reason)
	require.Equal(t, `This organization has no mode "docs" (/mode). Create the missing objects, or change the references`, missing.Message)
	require.EqualValues(t, 1, missing.ObservedGeneration)
	require.Equal(t, revision, l.revision(), "status is no change")
	require.Equal(t, entries, l.count(`select count(*) from audit_log`))

	// Another organization's mode does not count.
	other, err := l.db.CreateOrganization(t.Context(), ada, "elsewhere", "Elsewhere")
	require.NoError(t, err)
	_, err = l.db.Modes.Create(t.Context(), ada, other.ID, mode("docs"))
	require.NoError(t, err)
	l.create("unrelated")
	evaluate()
	require.Equal(t, missing, condition("one"), "the transition is as old as it was")

	_, err = l.db.Modes.Create(t.Context(), ada, org, mode("Docs"))
	require.NoError(t, err)
	evaluate()
	found := condition("one")
	require.Equal(t, resource.ConditionTrue, found.Status)
	require.Equal(t, "ReferencesFound", found.Reason)
	require.True(t, found.LastTransitionTime.After(missing.LastTransitionTime))

	// A newer version of the object has not been evaluated yet.
	update := func(mode string) {
		_, err := gadgets.Update(t.Context(), ada, org, "one", 0, func(resource.Object) (resource.Object, error) {
			return resource.Object{Spec: gadget{Name: "one", Mode: mode}}, nil
		})
		require.NoError(t, err)
	}
	update("other")
	require.Equal(t, resource.ConditionUnknown, condition("one").Status)
	evaluate()
	require.Equal(t, resource.ConditionFalse, condition("one").Status)

	// Without the reference there is no condition.
	update("")
	evaluate()
	one, err := gadgets.Get(t.Context(), org, "one")
	require.NoError(t, err)
	require.Empty(t, one.Conditions)
	require.Zero(t, l.count(`select count(*) from resource_status`))
}

// Status that no job updated, for example after a change by the previous release, is found.
func TestStaleStatusIsFound(t *testing.T) {
	l, gadgets := newGadgets(t)
	stale := func() []postgres.StaleStatus {
		t.Helper()
		all, err := l.db.StaleStatuses(t.Context(), 10)
		require.NoError(t, err)
		return all
	}
	require.Empty(t, stale(), "without soft references there is nothing to find out")
	_, err := gadgets.Create(t.Context(), ada, l.org.ID, gadget{Name: "one", Mode: "docs"})
	require.NoError(t, err)
	require.Equal(t, []postgres.StaleStatus{{ID: l.org.ID, Revision: l.revision()}}, stale())
	require.NoError(t, l.db.EvaluateStatus(t.Context(), l.org.ID, l.revision()))
	require.Empty(t, stale())
	l.create("docs")
	require.Len(t, stale(), 1)

	// A late job doesn't evaluate again.
	require.NoError(t, l.db.EvaluateStatus(t.Context(), l.org.ID, l.revision()-1))
	require.Len(t, stale(), 1)
}

// Objects stored by a newer release don't keep this one from evaluating the rest.
func TestObjectsOfUnknownKindsAreNotEvaluated(t *testing.T) {
	l, gadgets := newGadgets(t)
	for _, name := range []string{"newer", "one"} {
		_, err := gadgets.Create(t.Context(), ada, l.org.ID, gadget{Name: name, Mode: "docs"})
		require.NoError(t, err)
	}
	l.exec(`update resource_references f set target_kind = 'gizmo' from resources r where r.id = f.resource_id and r.name = 'newer'`)
	require.NoError(t, l.db.EvaluateStatus(t.Context(), l.org.ID, l.revision()))
	for name, want := range map[string]string{"newer": "NotEvaluated", "one": "ReferencesMissing"} {
		o, err := gadgets.Get(t.Context(), l.org.ID, name)
		require.NoError(t, err)
		require.Equal(t, want, o.Conditions[0].Reason)
	}
}
