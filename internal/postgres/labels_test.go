package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/resource"
)

// Labels are part of a version: they are stored, compared and restored like a spec.
func TestLabelsArePartOfVersions(t *testing.T) {
	l, gadgets := newGadgets(t)
	org := l.org.ID
	put := func(labels map[string]string) resource.Outcome {
		t.Helper()
		result, err := l.db.Apply(t.Context(), ada, org, []resource.Op{
			{Verb: resource.Put, Kind: "gadget", New: resource.Object{Spec: gadget{Name: "one"}, Labels: labels}},
		}, resource.Options{})
		require.NoError(t, err)
		return result.Outcomes[0]
	}
	docs := map[string]string{"example.com/team": "docs", "empty": ""}
	made := put(docs)
	require.Equal(t, docs, made.Object.Labels)
	require.Equal(t, resource.ActionUnchanged, put(docs).Action)
	require.Equal(t, resource.ActionUnchanged, put(nil).Action, "without labels, they stay")
	changed := put(map[string]string{"team": "code"})
	require.Equal(t, resource.ActionUpdate, changed.Action)
	require.EqualValues(t, 2, changed.Object.Version)
	require.Empty(t, put(map[string]string{}).Object.Labels)
	require.Equal(t, 3, int(l.count(`select count(*) from audit_log where subject_kind = 'gadget'`)))

	// An update without labels keeps them.
	back, err := gadgets.Restore(t.Context(), ada, org, made.Object.ID, 1, 3)
	require.NoError(t, err)
	require.Equal(t, docs, back.Labels)
	updated, err := gadgets.Update(t.Context(), ada, org, "one", 0, func(resource.Object) (resource.Object, error) {
		return resource.Object{Spec: gadget{Name: "one", Mode: "docs"}}, nil
	})
	require.NoError(t, err)
	require.Equal(t, docs, updated.Labels)
	without, err := gadgets.Restore(t.Context(), ada, org, made.Object.ID, 3, 5)
	require.NoError(t, err)
	require.Empty(t, without.Labels, "version 3 had none")

	_, err = gadgets.Delete(t.Context(), ada, org, "one", 0)
	require.NoError(t, err)
	returned, err := gadgets.Restore(t.Context(), ada, org, made.Object.ID, 1, 0)
	require.NoError(t, err)
	require.Equal(t, docs, returned.Labels)
	old, err := gadgets.Version(t.Context(), org, made.Object.ID, 2)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"team": "code"}, old.Object.Labels)
}

func TestInvalidLabelsAreRejected(t *testing.T) {
	l, gadgets := newGadgets(t)
	_, err := gadgets.Add(t.Context(), ada, l.org.ID, resource.Object{Spec: gadget{Name: "one"}, Labels: map[string]string{"a b": "x"}})
	require.True(t, fault.Is(err, fault.Invalid), err)
	require.ErrorContains(t, err, "/metadata/labels/a b: is not a label key")
	_, err = l.db.Objects(modes.KindName).Add(t.Context(), ada, l.org.ID, resource.Object{Spec: mode("docs"), Labels: map[string]string{"team": "docs"}})
	require.ErrorContains(t, err, "/metadata/labels: a mode has no labels; leave them out")
}
