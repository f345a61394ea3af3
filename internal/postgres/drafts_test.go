package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/templates"
)

// newDraft returns an unstored draft of a new mode.
func (l *library) newDraft(user uuid.UUID, content string) postgres.Draft {
	return postgres.Draft{
		DraftKey: postgres.DraftKey{OrganizationID: l.org.ID, UserID: user, Kind: modes.KindName, Subject: uuid.New()},
		Title:    "Docs", Content: []byte(content),
	}
}

func (l *library) storeDraft(d postgres.Draft) postgres.Draft {
	l.t.Helper()
	stored, err := l.db.StoreDraft(l.t.Context(), d)
	require.NoError(l.t, err)
	return stored
}

// requireDraft requires that want is living and unchanged.
func (l *library) requireDraft(want postgres.Draft) {
	l.t.Helper()
	got, err := l.db.Draft(l.t.Context(), want.DraftKey)
	require.NoError(l.t, err)
	require.Equal(l.t, want, got)
}

// drafts counts all drafts, living or discarded.
func (l *library) drafts() int64 {
	l.t.Helper()
	return l.count(`select count(*) from resource_drafts`)
}

// ageDrafts makes all drafts older by a duration.
func (l *library) ageDrafts(by time.Duration) {
	l.t.Helper()
	l.exec(`update resource_drafts set expires_at = expires_at - make_interval(secs => $1),
		updated_at = updated_at - make_interval(secs => $1), discarded_at = discarded_at - make_interval(secs => $1)`, by.Seconds())
}

func requireFault(t *testing.T, err error, kind fault.Kind, code string) *fault.Error {
	t.Helper()
	f, ok := fault.As(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, code, f.Code, "%v", err)
	require.Equal(t, kind, f.Kind, "%v", err)
	return f
}

func TestDraftContentIsReturnedUnchanged(t *testing.T) {
	l := newLibrary(t)
	bob := l.member("bob@example.com", "member")
	d := l.newDraft(bob, "{ \"z\": 1.50,\n\t\"a\":\"\\u0000\\u00e9 é 🙂\", \"a\": 1e999 }\n")
	d.BaseVersion = 4

	first := l.storeDraft(d)
	require.Positive(t, first.Edition)
	require.WithinDuration(t, time.Now(), first.UpdatedAt, storetest.WaitTimeout)
	require.Equal(t, d.Content, first.Content)
	l.requireDraft(first)

	next := first
	next.Title, next.Content, next.BaseVersion = "Docs, improved", []byte(`""`), 5
	second := l.storeDraft(next)
	require.Greater(t, second.Edition, first.Edition)
	require.True(t, second.UpdatedAt.After(first.UpdatedAt))
	require.Equal(t, "Docs, improved", second.Title)
	require.EqualValues(t, 5, second.BaseVersion)
	l.requireDraft(second)
	require.Greater(t, l.storeDraft(second).Edition, second.Edition)
}

func TestDraftSummariesListLivingDraftsNewestFirst(t *testing.T) {
	l := newLibrary(t)
	bob := l.member("bob@example.com", "member")
	a, b, discarded := l.storeDraft(l.newDraft(bob, `1`)), l.storeDraft(l.newDraft(bob, `2`)), l.storeDraft(l.newDraft(bob, `3`))
	require.NoError(t, l.db.DiscardDraft(t.Context(), discarded.DraftKey, discarded.Edition))
	template := l.newDraft(bob, `4`)
	template.Kind = templates.KindName
	template = l.storeDraft(template)
	a = l.storeDraft(a)

	summaries := func(kind string) []postgres.Draft {
		t.Helper()
		all, err := l.db.DraftSummaries(t.Context(), l.org.ID, bob, kind)
		require.NoError(t, err)
		return all
	}
	a.Content, b.Content, template.Content = nil, nil, nil
	require.Equal(t, []postgres.Draft{a, b}, summaries(modes.KindName))
	require.Equal(t, []postgres.Draft{template}, summaries(templates.KindName))
}

func TestDraftOfAnotherEditionIsNotOverwritten(t *testing.T) {
	l := newLibrary(t)
	bob := l.member("bob@example.com", "member")
	stale := l.storeDraft(l.newDraft(bob, `"first"`))
	current := l.storeDraft(stale)
	for _, edition := range []int64{stale.Edition, 0, current.Edition + 1, -1} {
		late := stale
		late.Edition, late.Content = edition, []byte(`"late"`)
		_, err := l.db.StoreDraft(t.Context(), late)
		f := requireFault(t, err, fault.Conflict, "draft_conflict")
		require.Equal(t, current, f.Current)
		l.requireDraft(current)
	}

	require.NoError(t, l.db.DiscardDraft(t.Context(), current.DraftKey, current.Edition))
	_, err := l.db.StoreDraft(t.Context(), current)
	f := requireFault(t, err, fault.Conflict, "draft_discarded")
	discarded := f.Current.(postgres.Draft)
	require.NotNil(t, discarded.DiscardedAt)
	require.Equal(t, current.Content, discarded.Content)
}

func TestRemovedDraftIsNotStoredAgain(t *testing.T) {
	l := newLibrary(t)
	d := l.newDraft(l.member("bob@example.com", "member"), `1`)
	d.Edition = 1
	_, err := l.db.StoreDraft(t.Context(), d)
	require.Nil(t, requireFault(t, err, fault.Conflict, "draft_gone").Current)
	require.Zero(t, l.drafts())
}

// storeConcurrently stores drafts of one author concurrently: all wait for locks before the first
// can proceed.
func (l *library) storeConcurrently(drafts ...postgres.Draft) (stored []postgres.Draft, errs []error) {
	l.t.Helper()
	stored, errs = make([]postgres.Draft, len(drafts)), make([]error, len(drafts))
	l.asOwner(func(ctx context.Context, c *pgx.Conn) {
		tx, err := c.Begin(ctx)
		require.NoError(l.t, err)
		for _, lock := range []string{`select from members for update`, `select from resource_drafts for update`} {
			_, err = tx.Exec(ctx, lock)
			require.NoError(l.t, err)
		}
		var wg sync.WaitGroup
		for i, d := range drafts {
			wg.Go(func() { stored[i], errs[i] = l.db.StoreDraft(ctx, d) })
		}
		require.Eventually(l.t, func() bool {
			return l.count(`select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`) >= int64(len(drafts))
		}, storetest.WaitTimeout, 5*time.Millisecond, "they never came to wait")
		require.NoError(l.t, tx.Commit(ctx))
		wg.Wait()
	})
	return stored, errs
}

func TestConcurrentDraftWritesHaveOneWinner(t *testing.T) {
	for name, before := range map[string]func(*library, postgres.Draft) postgres.Draft{
		"new": func(_ *library, d postgres.Draft) postgres.Draft { return d },
		"stored before": func(l *library, d postgres.Draft) postgres.Draft {
			return l.storeDraft(d)
		},
		"discarded": func(l *library, d postgres.Draft) postgres.Draft {
			stored := l.storeDraft(d)
			require.NoError(l.t, l.db.DiscardDraft(l.t.Context(), stored.DraftKey, stored.Edition))
			return d
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLibrary(t)
			d := before(l, l.newDraft(l.member("bob@example.com", "member"), `"before"`))
			drafts := []postgres.Draft{d, d, d}
			for i, content := range []string{`"a"`, `"b"`, `"c"`} {
				drafts[i].Content = []byte(content)
			}
			stored, errs := l.storeConcurrently(drafts...)
			var winners []postgres.Draft
			for i, err := range errs {
				if err == nil {
					winners = append(winners, stored[i])
				}
			}
			require.Len(t, winners, 1)
			l.requireDraft(winners[0])
			for _, err := range errs {
				if err != nil {
					require.Equal(t, winners[0], requireFault(t, err, fault.Conflict, "draft_conflict").Current)
				}
			}
		})
	}
}

func TestDiscardedDraftIsRestoredWithinADay(t *testing.T) {
	l := newLibrary(t)
	l.storeDraft(l.newDraft(l.member("bob@example.com", "member"), `1`))
	stale := l.storeDraft(l.newDraft(l.member("eve@example.com", "member"), `"first"`))
	d := l.storeDraft(stale)
	key := d.DraftKey
	f := requireFault(t, l.db.DiscardDraft(t.Context(), key, stale.Edition), fault.Conflict, "draft_conflict")
	require.Equal(t, d, f.Current)
	l.requireDraft(d)

	require.NoError(t, l.db.DiscardDraft(t.Context(), key, d.Edition))
	_, err := l.db.Draft(t.Context(), key)
	requireFault(t, err, fault.NotFound, "not_found")
	requireFault(t, l.db.DiscardDraft(t.Context(), key, d.Edition), fault.NotFound, "not_found")

	restored, err := l.db.RestoreDraft(t.Context(), key)
	require.NoError(t, err)
	require.Equal(t, d, restored)
	l.requireDraft(d)
	_, err = l.db.RestoreDraft(t.Context(), key)
	require.Equal(t, d, requireFault(t, err, fault.Conflict, "draft_conflict").Current)

	require.NoError(t, l.db.DiscardDraft(t.Context(), key, d.Edition))
	l.ageDrafts(24*time.Hour - 10*time.Minute)
	_, err = l.db.RestoreDraft(t.Context(), key)
	require.NoError(t, err)
	require.NoError(t, l.db.DiscardDraft(t.Context(), key, d.Edition))
	l.ageDrafts(24 * time.Hour)
	_, err = l.db.RestoreDraft(t.Context(), key)
	require.Contains(t, requireFault(t, err, fault.NotFound, "not_found").Message, "more than 24 hours ago")

	none := l.newDraft(key.UserID, `1`)
	_, err = l.db.RestoreDraft(t.Context(), none.DraftKey)
	requireFault(t, err, fault.NotFound, "not_found")
	requireFault(t, l.db.DiscardDraft(t.Context(), none.DraftKey, 0), fault.NotFound, "not_found")
}

func TestDraftBegunOverDiscardedOneIsNotReplacedByRestore(t *testing.T) {
	l := newLibrary(t)
	d := l.newDraft(l.member("bob@example.com", "member"), `"old"`)
	old := l.storeDraft(l.storeDraft(d))
	require.NoError(t, l.db.DiscardDraft(t.Context(), old.DraftKey, old.Edition))
	d.Content = []byte(`"new"`)
	begun := l.storeDraft(d)
	require.Greater(t, begun.Edition, old.Edition, "no edition has two contents")
	l.requireDraft(begun)

	_, err := l.db.RestoreDraft(t.Context(), old.DraftKey)
	require.Equal(t, begun, requireFault(t, err, fault.Conflict, "draft_conflict").Current)
	_, err = l.db.StoreDraft(t.Context(), old)
	require.Equal(t, begun, requireFault(t, err, fault.Conflict, "draft_conflict").Current)
	l.requireDraft(begun)
}

func TestAppliedDraftIsRemovedUnlessEditionIsNewer(t *testing.T) {
	l := newLibrary(t)
	applied := l.storeDraft(l.newDraft(l.member("bob@example.com", "member"), `1`))
	newer := l.storeDraft(applied)
	require.NoError(t, l.db.EndDraft(t.Context(), applied.DraftKey, applied.Edition))
	l.requireDraft(newer)
	for range 2 { // the second time, there is no draft
		require.NoError(t, l.db.EndDraft(t.Context(), newer.DraftKey, newer.Edition))
		require.Zero(t, l.drafts())
	}
	// A tab that still has an earlier edition doesn't overwrite a newly begun draft.
	fresh := applied
	fresh.Edition, fresh.Content = 0, []byte(`"anew"`)
	fresh = l.storeDraft(l.storeDraft(fresh))
	for _, stale := range []postgres.Draft{applied, newer} {
		_, err := l.db.StoreDraft(t.Context(), stale)
		require.Equal(t, fresh, requireFault(t, err, fault.Conflict, "draft_conflict").Current)
	}
}

func TestDraftsOfOthersAreNotFound(t *testing.T) {
	l := newLibrary(t)
	bob, eve := l.member("bob@example.com", "member"), l.member("eve@example.com", "owner")
	other, err := l.db.CreateOrganization(t.Context(), ada, "b", "B")
	require.NoError(t, err)
	require.NoError(t, l.db.AddMember(t.Context(), ada, other.ID, bob, "member"))
	living, discarded := l.storeDraft(l.newDraft(bob, `"bob's"`)), l.storeDraft(l.newDraft(bob, `"bob's"`))
	require.NoError(t, l.db.DiscardDraft(t.Context(), discarded.DraftKey, discarded.Edition))

	for name, reach := range map[string]func(*postgres.DraftKey){
		"another user":         func(k *postgres.DraftKey) { k.UserID = eve },
		"another organization": func(k *postgres.DraftKey) { k.OrganizationID = other.ID },
		"another kind":         func(k *postgres.DraftKey) { k.Kind = templates.KindName },
	} {
		t.Run(name, func(t *testing.T) {
			d, gone := living, discarded
			reach(&d.DraftKey)
			reach(&gone.DraftKey)
			_, err := l.db.Draft(t.Context(), d.DraftKey)
			requireFault(t, err, fault.NotFound, "not_found")
			summaries, err := l.db.DraftSummaries(t.Context(), d.OrganizationID, d.UserID, d.Kind)
			require.NoError(t, err)
			require.Empty(t, summaries)
			_, err = l.db.StoreDraft(t.Context(), d)
			require.Nil(t, requireFault(t, err, fault.Conflict, "draft_gone").Current)
			requireFault(t, l.db.DiscardDraft(t.Context(), d.DraftKey, d.Edition), fault.NotFound, "not_found")
			_, err = l.db.RestoreDraft(t.Context(), gone.DraftKey)
			requireFault(t, err, fault.NotFound, "not_found")
			require.NoError(t, l.db.EndDraft(t.Context(), d.DraftKey, d.Edition))
			l.requireDraft(living)

			// The user's own draft can have the same subject.
			d.Edition, d.Content = 0, []byte(`"another"`)
			require.Greater(t, l.storeDraft(d).Edition, living.Edition)
			l.requireDraft(living)
		})
	}
	_, err = l.db.RestoreDraft(t.Context(), discarded.DraftKey)
	require.NoError(t, err)
}
