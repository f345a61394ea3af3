package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/postgres"
)

// duringRead blocks read in the middle, at the installation, and runs between during that
// time.
func (l *library) duringRead(read func() error, between func()) {
	l.t.Helper()
	l.asOwner(func(ctx context.Context, c *pgx.Conn) {
		tx, err := c.Begin(ctx)
		require.NoError(l.t, err)
		_, err = tx.Exec(ctx, `lock table installation in access exclusive mode`)
		require.NoError(l.t, err)
		done := make(chan error, 1)
		go func() { done <- read() }()
		require.Eventually(l.t, func() bool {
			return l.count(`select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`) > 0
		}, storetest.WaitTimeout, 5*time.Millisecond, "it never read the installation")
		between()
		require.NoError(l.t, tx.Commit(ctx))
		require.NoError(l.t, <-done)
	})
}

func modesOnly(postgres.Library) []string { return []string{"mode"} }

// The state to publish was true at one moment: a revision's number never comes with another
// one's modes.
func TestLibraryIsReadInOneSnapshot(t *testing.T) {
	l := newLibrary(t)
	l.create("a")
	var got postgres.Library
	l.duringRead(func() (err error) {
		got, err = l.db.Library(t.Context(), l.org.ID, nil, modesOnly)
		return err
	}, func() { l.create("b") })
	require.EqualValues(t, 2, got.Organization.Revision)
	require.Len(t, got.Objects["mode"], 1)
}

// A watermark is never later than the snapshot that it was read in: a change committed
// during the read is after it.
func TestUnpublishedTimeIsNotAfterItsSnapshot(t *testing.T) {
	l := newLibrary(t)
	inst, err := l.db.Installation(t.Context())
	require.NoError(t, err)
	_, err = l.db.MarkPublished(t.Context(), l.org.ID, inst.Epoch, 1, 1, inst.Incarnation)
	require.NoError(t, err)
	var got postgres.Unpublished
	l.duringRead(func() (err error) {
		got, err = l.db.Unpublished(t.Context(), 10)
		return err
	}, func() { l.create("a") })
	lib, err := l.db.Library(t.Context(), l.org.ID, nil, modesOnly)
	require.NoError(t, err)
	if _, excluded := got.Organizations[l.org.ID]; !excluded {
		require.True(t, got.At.Before(lib.ChangedAt), "as of %s, without the change of %s", got.At, lib.ChangedAt)
	}
}

// A token's record counts as published only under the incarnation that it was written to,
// and only if it is the newest.
func TestMarkTokenPublishedRequiresCurrentIncarnationAndVersion(t *testing.T) {
	l := newLibrary(t)
	user := l.user("bob@example.com")
	require.NoError(t, l.db.AddMember(t.Context(), ada, l.org.ID, user, "member"))
	tok, _ := l.token(user, l.org.ID)
	old, err := l.db.Installation(t.Context())
	require.NoError(t, err)
	inst, err := l.db.RaiseIncarnation(t.Context(), 0)
	require.NoError(t, err)
	pending := func() bool {
		r, err := l.db.TokenRecord(t.Context(), tok.ID)
		require.NoError(t, err)
		return r.Pending
	}
	ok, err := l.db.MarkTokenPublished(t.Context(), tok.ID, 1, old)
	require.NoError(t, err)
	require.False(t, ok, "that was written to another Redis")
	require.True(t, pending())

	_, err = l.db.RevokeToken(t.Context(), ada, l.org.ID, tok.ID)
	require.NoError(t, err)
	ok, err = l.db.MarkTokenPublished(t.Context(), tok.ID, 1, inst)
	require.NoError(t, err)
	require.True(t, ok)
	require.True(t, pending(), "its revocation is not published")
	_, err = l.db.MarkTokenPublished(t.Context(), tok.ID, 2, inst)
	require.NoError(t, err)
	require.False(t, pending())
}

// A Redis may have been filled under a later incarnation than a restored
// database knows of.
func TestRaiseIncarnationExceedsFoundIncarnation(t *testing.T) {
	l := newLibrary(t)
	inst, err := l.db.RaiseIncarnation(t.Context(), 1000)
	require.NoError(t, err)
	require.Greater(t, inst.Incarnation, int64(1000))
	again, err := l.db.RaiseIncarnation(t.Context(), 5)
	require.NoError(t, err)
	require.Greater(t, again.Incarnation, inst.Incarnation)
}

// If a second change is made before the first one is published, the organization is pending
// since the first.
func TestOrganizationIsPendingSinceFirstChange(t *testing.T) {
	l := newLibrary(t)
	inst, err := l.db.Installation(t.Context())
	require.NoError(t, err)
	_, err = l.db.MarkPublished(t.Context(), l.org.ID, inst.Epoch, 1, 1, inst.Incarnation)
	require.NoError(t, err)
	since := func() time.Time {
		u, err := l.db.Unpublished(t.Context(), 10)
		require.NoError(t, err)
		return u.Organizations[l.org.ID]
	}
	l.create("a")
	first := since()
	require.False(t, first.IsZero())
	l.create("b")
	require.Equal(t, first, since())
}

// A change that fails after it has written something leaves no job either.
func TestFailedChangeLeavesNoJob(t *testing.T) {
	l := newLibrary(t)
	l.create("a")
	before := l.countTraces()
	l.exec(`alter table audit_log add constraint refuses check (revision < 3) not valid`)
	_, err := l.db.Modes.Create(t.Context(), ada, l.org.ID, mode("b"))
	require.Error(t, err)
	require.Equal(t, before, l.countTraces())
}

// A revocation is published by its own job, not only by the sweep.
func TestRevocationEnqueuesJob(t *testing.T) {
	l := newLibrary(t)
	user := l.user("bob@example.com")
	require.NoError(t, l.db.AddMember(t.Context(), ada, l.org.ID, user, "member"))
	tok, _ := l.token(user, l.org.ID)
	revoked, err := l.db.RevokeToken(t.Context(), ada, l.org.ID, tok.ID)
	require.NoError(t, err)
	require.EqualValues(t, 1, l.count(`select count(*) from river_job where kind = 'publish_token' and args->>'token_id' = $1 and (args->>'version')::bigint = $2`,
		tok.ID, revoked.Version))
}
