package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/postgres"
)

// publishedOrganization is an organization whose publications the test records by itself.
type publishedOrganization struct {
	*library
	in      postgres.Installation
	edition int64
}

func newWritten(t *testing.T) *publishedOrganization {
	w := &publishedOrganization{library: newLibrary(t)}
	var err error
	w.edition, err = w.db.ClaimEdition(t.Context(), 1, "x")
	require.NoError(t, err)
	w.in, err = w.db.Installation(t.Context())
	require.NoError(t, err)
	return w
}

// publish records a revision as published, and returns the status after that.
func (w *publishedOrganization) publish(revision int64) postgres.PublicationStatus {
	w.t.Helper()
	ok, err := w.db.MarkPublished(w.t.Context(), w.org.ID, w.in.Epoch, revision, w.edition, w.in.Incarnation)
	require.NoError(w.t, err)
	require.True(w.t, ok)
	return w.status()
}

func (w *publishedOrganization) status() postgres.PublicationStatus {
	w.t.Helper()
	s, err := w.db.PublicationStatus(w.t.Context(), w.org.ID)
	require.NoError(w.t, err)
	return s
}

// savedAt returns when a revision was saved.
func (w *publishedOrganization) savedAt(revision int64) time.Time {
	w.t.Helper()
	return time.UnixMicro(w.count(`select (extract(epoch from occurred_at) * 1000000)::bigint from audit_log where revision = $1`, revision)).UTC()
}

// The status has the times when the live revision went live and when it was saved: not when a
// revision before it, or a later one, was saved.
func TestPublicationStatusHasTimesOfLiveRevision(t *testing.T) {
	w := newWritten(t)
	s := w.status()
	require.Nil(t, s.PublishedAt, "nothing is live")
	require.False(t, s.Republishing)

	w.create("a")    // 2
	w.create("b")    // 3
	w.create("c")    // 4
	s = w.publish(3) // 2 and 3 together, while 4 is pending
	require.EqualValues(t, 3, s.PublishedRevision)
	require.Equal(t, w.savedAt(3), *s.SavedAt)
	require.True(t, s.PublishedAt.After(*s.SavedAt) && !s.PublishedAt.After(s.At), "by the database's clock: %+v", s)
	first := *s.PublishedAt

	s = w.publish(4)
	require.Equal(t, w.savedAt(4), *s.SavedAt)
	require.Equal(t, w.savedAt(4), s.ChangedAt)
	require.True(t, s.PublishedAt.After(first))
	require.Nil(t, s.PendingSince)
	live := *s.PublishedAt

	// Published again, for an operator or for another edition, it is live since the first
	// time.
	require.NoError(t, w.db.Republish(t.Context(), w.org.ID))
	require.True(t, w.status().Republishing)
	s = w.publish(4)
	require.Equal(t, live, *s.PublishedAt)
	require.Equal(t, w.savedAt(4), *s.SavedAt)
	s = w.publish(2) // a late write-back
	require.Equal(t, live, *s.PublishedAt)

	// If Redis lost it, it is live since it was published again. How long that took after
	// saving is not reported.
	require.NoError(t, w.db.MarkUnpublished(t.Context(), w.org.ID, 3))
	s = w.status()
	require.Nil(t, s.PublishedAt, "that was another revision's")
	require.True(t, s.Republishing)
	s = w.publish(4)
	require.True(t, s.PublishedAt.After(live))
	require.Nil(t, s.SavedAt)
	w.create("d")
	require.False(t, w.status().Republishing)
	require.Equal(t, w.savedAt(5), *w.publish(5).SavedAt)
}

// A worker of the previous release records publications without these columns. Then the
// times are unknown, rather than those of another revision.
func TestPublicationStatusTimesAreUnknownAfterEarlierRelease(t *testing.T) {
	w := newWritten(t)
	w.create("a")
	require.NotNil(t, w.publish(2).PublishedAt)
	w.create("b")
	earlier := `update organizations set published_revision = 3, pending_since = null`
	w.exec(earlier)
	require.Nil(t, w.status().PublishedAt)
	require.NoError(t, w.db.Republish(t.Context(), w.org.ID))
	require.Nil(t, w.publish(3).PublishedAt, "it was live before this")
	w.create("c")
	require.Equal(t, w.savedAt(4), *w.publish(4).SavedAt)
}
