package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
)

func TestReaddedMemberHasNoOldDrafts(t *testing.T) {
	l := newLibrary(t)
	bob, eve := l.member("bob@example.com", "member"), l.member("eve@example.com", "member")
	for name, remove := range map[string]func(){
		"removed":                       func() { require.NoError(t, l.db.RemoveMember(t.Context(), ada, l.org.ID, bob)) },
		"removed by an earlier release": func() { l.exec(`delete from members where user_id = $1`, bob) },
	} {
		t.Run(name, func(t *testing.T) {
			theirs := l.storeDraft(l.newDraft(eve, `1`))
			living, discarded := l.storeDraft(l.newDraft(bob, `1`)), l.storeDraft(l.newDraft(bob, `2`))
			require.NoError(t, l.db.DiscardDraft(t.Context(), discarded.DraftKey, discarded.Edition))

			remove()
			require.Zero(t, l.count(`select count(*) from resource_drafts where user_id = $1`, bob))
			l.requireDraft(theirs)
			_, err := l.db.StoreDraft(t.Context(), l.newDraft(bob, `3`))
			requireFault(t, err, fault.NotFound, "not_found")

			require.NoError(t, l.db.AddMember(t.Context(), ada, l.org.ID, bob, "member"))
			summaries, err := l.db.DraftSummaries(t.Context(), l.org.ID, bob, modes.KindName)
			require.NoError(t, err)
			require.Empty(t, summaries)
			_, err = l.db.RestoreDraft(t.Context(), discarded.DraftKey)
			requireFault(t, err, fault.NotFound, "not_found")
			_, err = l.db.StoreDraft(t.Context(), living)
			requireFault(t, err, fault.Conflict, "draft_gone")
		})
	}
}

// An account or an organization is deleted after its memberships, whose deletion also
// deletes the drafts. Without memberships, the drafts' own foreign keys do so.
func TestDraftsAreDeletedWithOrganizationAndAuthor(t *testing.T) {
	for name, remove := range map[string]func(l *library, org, bob uuid.UUID){
		"organization": func(l *library, org, _ uuid.UUID) { l.exec(`delete from organizations where id = $1`, org) },
		"user":         func(l *library, _, bob uuid.UUID) { l.exec(`delete from users where id = $1`, bob) },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLibrary(t)
			org, bob, eve := uuid.New(), l.user("bob@example.com"), l.member("eve@example.com", "member")
			// Insert it directly: history prevents the deletion of an organization that was
			// created otherwise.
			l.exec(`insert into organizations (id, slug, name) values ($1, 'b', 'B')`, org)
			l.exec(`insert into members (organization_id, user_id, role) values ($1, $2, 'member')`, org, bob)
			d := l.newDraft(bob, `1`)
			d.OrganizationID = org
			l.storeDraft(d)
			stays := l.storeDraft(l.newDraft(eve, `1`))

			l.exec(`alter table resource_drafts drop constraint resource_drafts_member_fkey`)
			l.exec(`delete from members where organization_id = $1`, org)
			require.EqualValues(t, 2, l.drafts())
			remove(l, org, bob)
			require.EqualValues(t, 1, l.drafts())
			l.requireDraft(stays)
		})
	}
}

func TestOldDraftsAreRemoved(t *testing.T) {
	l := newLibrary(t)
	bob := l.member("bob@example.com", "member")
	removeOld := func(limit int) int64 {
		t.Helper()
		n, err := l.db.RemoveOldDrafts(t.Context(), limit)
		require.NoError(t, err)
		return n
	}
	old, stored, restored, discarded := l.storeDraft(l.newDraft(bob, `1`)), l.storeDraft(l.newDraft(bob, `2`)),
		l.storeDraft(l.newDraft(bob, `3`)), l.storeDraft(l.newDraft(bob, `4`))
	require.NoError(t, l.db.DiscardDraft(t.Context(), restored.DraftKey, restored.Edition))
	require.NoError(t, l.db.DiscardDraft(t.Context(), discarded.DraftKey, discarded.Edition))
	l.ageDrafts(24*time.Hour - 10*time.Minute)
	require.Zero(t, removeOld(10))
	_, err := l.db.RestoreDraft(t.Context(), restored.DraftKey)
	require.NoError(t, err)
	l.ageDrafts(10 * time.Minute)
	require.EqualValues(t, 1, removeOld(10), "what was discarded a day ago")
	_, err = l.db.RestoreDraft(t.Context(), discarded.DraftKey)
	requireFault(t, err, fault.NotFound, "not_found")

	l.ageDrafts(89*24*time.Hour - 10*time.Minute)
	require.Zero(t, removeOld(10))
	stored = l.storeDraft(stored)
	l.ageDrafts(10 * time.Minute)
	require.EqualValues(t, 1, removeOld(10), "what wasn't stored for 90 days")
	_, err = l.db.Draft(t.Context(), old.DraftKey)
	requireFault(t, err, fault.NotFound, "not_found")
	_, err = l.db.Draft(t.Context(), restored.DraftKey)
	require.NoError(t, err, "restoring it counts")

	// A discarded draft can be restored for a whole day, whatever its age.
	require.NoError(t, l.db.DiscardDraft(t.Context(), restored.DraftKey, restored.Edition))
	require.Zero(t, removeOld(10))
	l.ageDrafts(90*24*time.Hour - 20*time.Minute)
	require.EqualValues(t, 1, removeOld(10))
	_, err = l.db.Draft(t.Context(), stored.DraftKey)
	require.NoError(t, err, "it was stored 10 minutes less than 90 days ago")
	l.ageDrafts(10 * time.Minute)
	require.EqualValues(t, 1, removeOld(10))
}

func TestRemoveOldDraftsIsBoundedAndSkipsLockedDrafts(t *testing.T) {
	l := newLibrary(t)
	bob := l.member("bob@example.com", "member")
	l.fillDrafts(bob, 5)
	l.ageDrafts(48 * time.Hour)
	stored := l.storeDraft(l.newDraft(bob, `1`))
	removeOld := func() int64 {
		t.Helper()
		n, err := l.db.RemoveOldDrafts(t.Context(), 3)
		require.NoError(t, err)
		return n
	}
	require.EqualValues(t, 3, removeOld())
	l.asOwner(func(ctx context.Context, c *pgx.Conn) {
		tx, err := c.Begin(ctx)
		require.NoError(t, err)
		_, err = tx.Exec(ctx, `select from resource_drafts where expires_at < now() limit 1 for update`)
		require.NoError(t, err)
		require.EqualValues(t, 1, removeOld(), "another transaction holds the other one")
		require.NoError(t, tx.Rollback(ctx))
	})
	require.EqualValues(t, 1, removeOld())
	require.Zero(t, removeOld())
	l.requireDraft(stored)
}
