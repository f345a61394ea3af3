package postgres_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
	"orgmodes/internal/resource/resourcetest"
)

type gadget = resourcetest.Gadget

func newGadgets(t *testing.T) (*library, *postgres.Collection[resource.Object]) {
	t.Helper()
	l := newLibrary(t)
	l.db.Register(resourcetest.Kind{})
	return l, l.db.Objects("gadget")
}

// A kind only needs to be registered to have versions, audit, restoring, unique names and
// limits.
func TestRegisteredKindSupportsAllOperations(t *testing.T) {
	l, gadgets := newGadgets(t)
	org := l.org.ID
	made, err := gadgets.Create(t.Context(), ada, org, gadget{Name: " one "})
	require.NoError(t, err)
	require.Equal(t, gadget{Name: "one"}, made.Spec)
	require.EqualValues(t, 1, made.Version)

	set := func(g gadget) func(resource.Object) (resource.Object, error) {
		return func(o resource.Object) (resource.Object, error) {
			o.Spec = g
			return o, nil
		}
	}
	changed, err := gadgets.Update(t.Context(), ada, org, "one", 1, set(gadget{Name: "one", Mode: "absent"}))
	require.NoError(t, err)
	require.EqualValues(t, 2, changed.Version)
	_, err = gadgets.Update(t.Context(), bob, org, "one", 1, set(gadget{Name: "one"}))
	require.True(t, fault.Is(err, fault.Stale), err)
	_, err = gadgets.Create(t.Context(), ada, org, gadget{Name: "one"})
	require.ErrorContains(t, err, `A gadget named "one" already exists`)
	_, err = gadgets.Create(t.Context(), ada, org, gadget{Name: "Two"})
	require.ErrorContains(t, err, "/name: must be a DNS label")

	_, err = gadgets.Delete(t.Context(), ada, org, "one", 2)
	require.NoError(t, err)
	deleted, err := gadgets.Deleted(t.Context(), org, nil, 10)
	require.NoError(t, err)
	require.Len(t, deleted, 1)
	require.Equal(t, "one", deleted[0].Subject.Name)
	back, err := gadgets.Restore(t.Context(), ada, org, made.ID, 2, 3)
	require.NoError(t, err)
	require.Equal(t, made.ID, back.ID)
	require.Equal(t, changed.Spec, back.Spec)
	require.EqualValues(t, 4, back.Version)

	versions, err := gadgets.Versions(t.Context(), org, made.ID, 0, 10)
	require.NoError(t, err)
	var history []string
	for _, v := range versions {
		history = append(history, fmt.Sprint(v.Version.Version, " ", v.Action, " ", v.Object.Spec))
	}
	require.Equal(t, []string{"4 restore {one  absent}", "3 delete {one  absent}", "2 update {one  absent}", "1 create {one  }"}, history)
	require.EqualValues(t, 4, l.count(`select count(*) from audit_log where subject_kind = 'gadget'`))

	for i := range 9 {
		_, err := gadgets.Create(t.Context(), ada, org, gadget{Name: fmt.Sprint("g", i)})
		require.NoError(t, err)
	}
	_, err = gadgets.Create(t.Context(), ada, org, gadget{Name: "one-too-many"})
	require.True(t, fault.Is(err, fault.TooLarge), err)
}

func TestRequiredReferenceNeverDangles(t *testing.T) {
	l, gadgets := newGadgets(t)
	org := l.org.ID
	_, err := gadgets.Create(t.Context(), ada, org, gadget{Name: "a", Requires: "b"})
	require.ErrorContains(t, err, `/requires: This organization has no gadget "b"; there is none yet`)

	// In one change, the target comes first.
	_, err = l.apply(
		resource.Op{Verb: resource.Create, Kind: "gadget", New: resource.Object{Spec: gadget{Name: "b"}}},
		resource.Op{Verb: resource.Create, Kind: "gadget", New: resource.Object{Spec: gadget{Name: "a", Requires: "b"}}},
	)
	require.NoError(t, err)
	a, err := gadgets.Get(t.Context(), org, "a")
	require.NoError(t, err)
	b, err := gadgets.Get(t.Context(), org, "b")
	require.NoError(t, err)
	require.Equal(t, b.ID, a.Targets["/requires"])

	_, err = gadgets.Delete(t.Context(), ada, org, "b", 0)
	require.ErrorContains(t, err, "The gadget 'b' is used by the gadget 'a'")
	f, _ := fault.As(err)
	require.Equal(t, []resource.Referrer{{Kind: "gadget", ID: a.ID, Name: "a"}}, f.Current)
	l.requireViolation(`delete from resources where id = $1`, "resource_references_to_resource_fkey", b.ID)

	// A renamed object is the same one.
	_, err = gadgets.Update(t.Context(), ada, org, "b", 0, func(o resource.Object) (resource.Object, error) {
		o.Spec = gadget{Name: "renamed"}
		return o, nil
	})
	require.NoError(t, err)
	all, err := gadgets.List(t.Context(), org)
	require.NoError(t, err)
	require.Equal(t, gadget{Name: "a", Requires: "renamed"}, all[0].Spec)

	_, err = gadgets.Update(t.Context(), ada, org, "renamed", 0, func(o resource.Object) (resource.Object, error) {
		o.Spec = gadget{Name: "renamed", Requires: "a"}
		return o, nil
	})
	require.ErrorContains(t, err, `/requires: "a" requires "renamed" in turn`)
	_, err = gadgets.Update(t.Context(), ada, org, "renamed", 0, func(o resource.Object) (resource.Object, error) {
		o.Spec = gadget{Name: "renamed", Requires: "renamed"}
		return o, nil
	})
	require.ErrorContains(t, err, "in turn")
}

func TestSoftReferenceMayDangle(t *testing.T) {
	l, gadgets := newGadgets(t)
	g, err := gadgets.Create(t.Context(), ada, l.org.ID, gadget{Name: "a", Mode: "docs"})
	require.NoError(t, err)
	docs := l.create("Docs")
	_, err = l.db.Modes.Delete(t.Context(), ada, l.org.ID, "docs", 0)
	require.ErrorContains(t, err, "The mode 'The Docs' is used by the gadget 'a'")
	f, _ := fault.As(err)
	require.Equal(t, []resource.Referrer{{Kind: "gadget", ID: g.ID, Name: "a"}}, f.Current)

	other, err := l.db.CreateOrganization(t.Context(), ada, "other", "Other")
	require.NoError(t, err)
	_, err = l.db.Modes.Create(t.Context(), ada, other.ID, mode("docs"))
	require.NoError(t, err)
	_, err = l.db.Modes.Delete(t.Context(), ada, other.ID, "docs", 0)
	require.NoError(t, err, "no reference leads into another organization")

	// It can be deleted together with its users.
	_, err = l.apply(
		resource.Op{Verb: resource.Delete, Kind: "gadget", Ref: "a"},
		resource.Op{Verb: resource.Delete, Kind: modes.KindName, Ref: docs.ID.String()},
	)
	require.NoError(t, err)
	assert.EqualValues(t, 0, l.count(`select count(*) from resource_references`))
}
