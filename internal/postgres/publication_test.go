package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/postgres"
)

func (l *library) plan(epoch, revision, edition int64, sums ...string) (postgres.Publication, error) {
	p := postgres.Publication{Epoch: epoch, Revision: revision, Edition: edition}
	for i, sum := range sums {
		p.Representations = append(p.Representations, postgres.PublishedRepresentation{Name: string(rune('a' + i)), SHA256: sum, Length: 1})
	}
	return l.db.PlanPublication(l.t.Context(), l.org.ID, p)
}

func tags(p postgres.Publication) (out [][2]int64) {
	for _, r := range p.Representations {
		out = append(out, [2]int64{r.Epoch, r.Revision})
	}
	return out
}

// A representation whose bytes did not change keeps its tag. One whose bytes return to an
// earlier state does not get its old tag back.
func TestTagsChangeOnlyWithBytes(t *testing.T) {
	l := newLibrary(t)
	for _, step := range []struct {
		epoch, revision int64
		sums            []string
		want            [][2]int64
	}{
		{1, 1, []string{"A", "X"}, [][2]int64{{1, 1}, {1, 1}}},
		{1, 2, []string{"B", "X"}, [][2]int64{{1, 2}, {1, 1}}},
		{1, 2, []string{"B", "X"}, [][2]int64{{1, 2}, {1, 1}}}, // a retry gets the same tags
		{1, 5, []string{"A", "X"}, [][2]int64{{1, 5}, {1, 1}}},
		{1, 6, nil, nil}, // deleted
		{1, 7, []string{"A"}, [][2]int64{{1, 7}}},
		{9, 3, []string{"A"}, [][2]int64{{9, 3}}}, // restored under a new epoch: no tag of the old one
	} {
		got, err := l.plan(step.epoch, step.revision, 1, step.sums...)
		require.NoError(t, err)
		require.Equal(t, step.want, tags(got), "%+v", step)
	}
	_, err := l.plan(9, 2, 5, "A")
	require.ErrorIs(t, err, postgres.ErrNewerPlanned)
	_, err = l.plan(8, 100, 1, "A")
	require.ErrorIs(t, err, postgres.ErrNewerPlanned)
}

// A publication counts only under the incarnation that it was written to. An organization
// that is still pending is pending since its oldest unpublished change.
func TestMarkPublishedRequiresCurrentIncarnation(t *testing.T) {
	l := newLibrary(t)
	_, err := l.db.ClaimEdition(t.Context(), 1, "x")
	require.NoError(t, err)
	l.create("a")
	l.create("b")
	inst, err := l.db.Installation(t.Context())
	require.NoError(t, err)
	pendingSince := func() time.Time {
		orgs, err := l.db.PendingOrganizations(t.Context(), 0, 10)
		require.NoError(t, err)
		if len(orgs) == 0 {
			return time.Time{}
		}
		return time.UnixMicro(l.count(`select (extract(epoch from pending_since) * 1000000)::bigint from organizations`))
	}
	changedAt := func(revision int64) time.Time {
		return time.UnixMicro(l.count(`select (extract(epoch from occurred_at) * 1000000)::bigint from audit_log where revision = $1`, revision))
	}
	require.Equal(t, changedAt(1), pendingSince())
	ok, err := l.db.MarkPublished(t.Context(), l.org.ID, inst.Epoch, 2, 1, inst.Incarnation)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, changedAt(3), pendingSince())
	ok, err = l.db.MarkPublished(t.Context(), l.org.ID, inst.Epoch, 3, 1, inst.Incarnation)
	require.NoError(t, err)
	require.True(t, ok)
	require.Zero(t, pendingSince())
	ok, err = l.db.MarkPublished(t.Context(), l.org.ID, inst.Epoch, 1, 1, inst.Incarnation)
	require.NoError(t, err)
	require.True(t, ok)
	require.Zero(t, l.count(`select count(*) from organizations where published_revision <> 3`), "a late write-back takes nothing back")

	// Redis turns out to have only revision 1.
	require.NoError(t, l.db.MarkUnpublished(t.Context(), l.org.ID, 1))
	require.Equal(t, changedAt(2), pendingSince())
	raised, err := l.db.RaiseIncarnation(t.Context(), 0)
	require.NoError(t, err)
	ok, err = l.db.MarkPublished(t.Context(), l.org.ID, inst.Epoch, 3, 1, inst.Incarnation)
	require.NoError(t, err)
	require.False(t, ok, "that was written to another Redis")
	require.NotZero(t, pendingSince())
	ok, err = l.db.MarkPublished(t.Context(), l.org.ID, raised.Epoch, 3, 1, raised.Incarnation)
	require.NoError(t, err)
	require.True(t, ok)
	require.Zero(t, pendingSince())
}

func TestClaimEditionSupersedesOlderEditions(t *testing.T) {
	l := newLibrary(t)
	first, err := l.db.ClaimEdition(t.Context(), 1, "a")
	require.NoError(t, err)
	again, err := l.db.ClaimEdition(t.Context(), 1, "a")
	require.NoError(t, err)
	require.Equal(t, first, again)
	inst, err := l.db.Installation(t.Context())
	require.NoError(t, err)
	_, err = l.db.MarkPublished(t.Context(), l.org.ID, inst.Epoch, 1, first, inst.Incarnation)
	require.NoError(t, err)
	p, err := l.db.CountPending(t.Context())
	require.NoError(t, err)
	require.Zero(t, p.Organizations)

	second, err := l.db.ClaimEdition(t.Context(), 1, "b")
	require.NoError(t, err)
	require.Greater(t, second, first)
	p, err = l.db.CountPending(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, p.Organizations, "everything is to be published again")
	_, err = l.db.ClaimEdition(t.Context(), 1, "a")
	require.ErrorIs(t, err, postgres.ErrSuperseded)
	_, err = l.db.ClaimEdition(t.Context(), 0, "c")
	require.ErrorIs(t, err, postgres.ErrSuperseded, "an older renderer never supersedes a newer one")
	_, err = l.db.MarkPublished(t.Context(), l.org.ID, inst.Epoch, 1, first, inst.Incarnation)
	require.NoError(t, err)
	p, err = l.db.CountPending(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, p.Organizations, "published in an older edition is not published")

	third, err := l.db.ReactivateEdition(t.Context(), ada, first)
	require.NoError(t, err)
	again, err = l.db.ClaimEdition(t.Context(), 1, "a")
	require.NoError(t, err)
	require.Equal(t, third, again)
}

func TestEpochOnlyRises(t *testing.T) {
	l := newLibrary(t)
	inst, err := l.db.RaiseEpoch(t.Context(), ada, 100)
	require.NoError(t, err)
	require.EqualValues(t, 100, inst.Epoch)
	require.EqualValues(t, 2, inst.Incarnation)
	_, err = l.db.RaiseEpoch(t.Context(), ada, 100)
	require.ErrorContains(t, err, "must be above")
	require.EqualValues(t, 1, l.count(`select count(*) from audit_log where action = 'installation.raise'`))
}
