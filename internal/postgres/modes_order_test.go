package postgres_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
)

func TestOrderModesSetsRequestedOrder(t *testing.T) {
	l := newLibrary(t)
	ids := map[string]uuid.UUID{}
	for _, slug := range []string{"a", "b", "c", "d", "e"} {
		ids[slug] = l.create(slug).ID
	}
	order := func(slugs ...string) (out []uuid.UUID) {
		for _, s := range slugs {
			out = append(out, ids[s])
		}
		return out
	}
	is := func() (out string) {
		all, err := l.db.Modes.List(t.Context(), l.org.ID)
		require.NoError(t, err)
		for _, m := range all {
			out += m.Slug
		}
		return out
	}
	before := l.count(`select count(*) from versions where subject_kind = 'mode'`)
	revision, err := l.db.OrderModes(t.Context(), ada, l.org.ID, order("e", "a", "b", "c", "d"), 6)
	require.NoError(t, err)
	require.EqualValues(t, 7, revision)
	assert.Equal(t, "eabcd", is())
	_, err = l.db.OrderModes(t.Context(), ada, l.org.ID, order("e", "a", "d", "b", "c"), 0)
	require.NoError(t, err)
	assert.Equal(t, "eadbc", is())
	assert.Equal(t, before, l.count(`select count(*) from versions where subject_kind = 'mode'`), "no mode has a new version")
	page, _, err := l.db.AuditPage(t.Context(), l.org.ID, postgres.AuditFilter{Limit: 1}, 1<<20)
	require.NoError(t, err)
	last := page[0]
	assert.Equal(t, "organization.reorder Acme", last.Action+" "+last.Subject.Name)
	assert.JSONEq(t, `{"modes": ["e", "a", "b", "c", "d"]}`, string(last.Before))
	assert.JSONEq(t, `{"modes": ["e", "a", "d", "b", "c"]}`, string(last.After))
	assert.EqualValues(t, 1, l.count(`select count(*) from river_job where (args->>'revision')::bigint = $1`, 8), "it is published")
	revision, err = l.db.OrderModes(t.Context(), ada, l.org.ID, order("e", "a", "d", "b", "c"), 0)
	require.NoError(t, err)
	assert.EqualValues(t, 8, revision, "what changes nothing is no change")

	// A restored mode returns to its position.
	_, err = l.db.Modes.Delete(t.Context(), ada, l.org.ID, "d", 0)
	require.NoError(t, err)
	_, err = l.db.Modes.Restore(t.Context(), ada, l.org.ID, ids["d"], 1, 0)
	require.NoError(t, err)
	assert.Equal(t, "eadbc", is(), "where it was when it was deleted")

	for name, c := range map[string]struct {
		ids  []uuid.UUID
		seen int64
	}{
		"another revision": {order("a", "b", "c", "d", "e"), 6},
		"one is missing":   {order("a", "b", "c", "d"), 0},
		"one twice":        {append(order("a", "b", "c", "d"), ids["a"]), 0},
		"an unknown one":   {append(order("a", "b", "c", "d", "e"), uuid.New()), 0},
	} {
		_, err := l.db.OrderModes(t.Context(), ada, l.org.ID, c.ids, c.seen)
		assert.True(t, fault.Is(err, fault.Stale), "%s: %v", name, err)
	}
	assert.Equal(t, "eadbc", is())
	assert.EqualValues(t, 10, l.revision())
}

// Whichever modes are moved, and however often, the order is the requested one.
func TestOrderModesHoldsForRandomOrders(t *testing.T) {
	l := newLibrary(t)
	var ids []uuid.UUID
	for _, slug := range []string{"a", "b", "c", "d", "e", "f"} {
		ids = append(ids, l.create(slug).ID)
	}
	rapid.Check(t, func(rt *rapid.T) {
		want := rapid.Permutation(ids).Draw(rt, "order")
		_, err := l.db.OrderModes(t.Context(), ada, l.org.ID, want, 0)
		require.NoError(rt, err)
		all, err := l.db.Modes.List(t.Context(), l.org.ID)
		require.NoError(rt, err)
		var got []uuid.UUID
		for _, m := range all {
			got = append(got, m.ID)
		}
		require.Equal(rt, want, got)
	})
}
