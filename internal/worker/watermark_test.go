package worker_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/prove"
	"orgmodes/internal/pubstore"
)

// waitWatermark reads the watermarks in the log until fn returns true.
func (w *world) waitWatermark(fn func(pubstore.Watermark) bool) {
	w.t.Helper()
	var last int64
	w.await(func() error {
		entries, err := w.store.ReadLog(w.t.Context(), last, 100*time.Millisecond)
		if err != nil {
			return err
		}
		for _, e := range entries {
			last = e.N
			if e.Kind == pubstore.EntryWatermark && fn(e.Watermark) {
				return nil
			}
		}
		return errors.New("no such watermark")
	})
}

func TestWatermarksExcludeUnpublishedSubjects(t *testing.T) {
	w := newWorld(t)
	w.startWorker()
	w.waitPublished()
	before := time.Now().Add(-time.Minute)
	w.waitWatermark(func(m pubstore.Watermark) bool {
		return m.AsOf.After(before) && len(m.Organizations)+len(m.Tokens) == 0
	})

	stuck, err := w.db.CreateOrganization(t.Context(), ada, "stuck", "Stuck")
	require.NoError(t, err)
	w.exec(`create function stuck() returns trigger language plpgsql as $$ begin raise exception 'stuck'; end $$;
		create trigger stuck before insert or update on publications for each row
		when (new.organization_id <> '` + pubstore.Canary + `') execute function stuck()`)
	_, err = w.db.Modes.Create(t.Context(), ada, stuck.ID, mode("docs"))
	require.NoError(t, err)
	log, _, err := w.db.AuditPage(t.Context(), stuck.ID, auditPage, 64<<20)
	require.NoError(t, err)
	w.waitWatermark(func(m pubstore.Watermark) bool {
		since, ok := m.Organizations[stuck.ID.String()]
		return ok && len(m.Organizations) == 1 && m.AsOf.After(since) && !since.After(log[0].OccurredAt)
	})
	w.exec("drop trigger stuck on publications")
	w.waitWatermark(func(m pubstore.Watermark) bool { return m.AsOf.After(log[0].OccurredAt) && len(m.Organizations) == 0 })

	w.exec(`create trigger stuck before update on tokens for each row
		when (new.published_version > old.published_version) execute function stuck()`)
	made, hash := w.token(w.member("bob@example.com"))
	w.waitWatermark(func(m pubstore.Watermark) bool {
		since, ok := m.Tokens[hash]
		return ok && len(m.Tokens) == 1 && m.AsOf.After(since) && !since.After(made.CreatedAt)
	})
	w.exec("drop trigger stuck on tokens")
	w.waitWatermark(func(m pubstore.Watermark) bool { return m.AsOf.After(made.CreatedAt) && len(m.Tokens) == 0 })
}

// With too many exclusions a watermark promises only what holds for all of them.
func TestWatermarkWithTooManyExclusionsIsEarlier(t *testing.T) {
	prove.Long(t) // a hundred organizations
	w := newWorld(t)
	w.startWorker()
	w.waitPublished()
	w.exec(`create function stuck() returns trigger language plpgsql as $$ begin raise exception 'stuck'; end $$;
		create trigger stuck before insert or update on publications for each row
		when (new.organization_id <> '` + pubstore.Canary + `') execute function stuck()`)
	oldest, err := w.db.CreateOrganization(t.Context(), ada, "oldest", "Oldest")
	require.NoError(t, err)
	log, _, err := w.db.AuditPage(t.Context(), oldest.ID, auditPage, 64<<20)
	require.NoError(t, err)
	w.waitWatermark(func(m pubstore.Watermark) bool { return len(m.Organizations) == 1 })
	// Another worker holds the leases of the others, so that none of them is rendered here.
	w.exec(`with made as (
			insert into organizations (slug, name, revision, pending_since)
			select 'o' || n, 'O', 1, now() from generate_series(1, 100) n returning id)
		insert into publication_leases (organization_id, holder, expires_at)
		select id, gen_random_uuid(), now() + interval '1 day' from made`)
	w.waitWatermark(func(m pubstore.Watermark) bool { return m.AsOf.Equal(log[0].OccurredAt) && len(m.Organizations) == 0 })
}

// The canary's changes are published like any other, and no one sees it as an organization.
func TestCanaryIsPublishedButNotListed(t *testing.T) {
	w := newWorld(t)
	w.startWorker()
	w.waitPublished()
	w.await(func() error {
		_, err := w.store.Document(t.Context(), pubstore.Canary)
		return err
	})
	before, err := w.store.Document(t.Context(), pubstore.Canary)
	require.NoError(t, err)
	require.NoError(t, w.db.TouchCanary(t.Context()))
	w.await(func() error {
		now, err := w.store.Document(t.Context(), pubstore.Canary)
		if err == nil && now.Version.Revision <= before.Version.Revision {
			err = errors.New("still the same")
		}
		return err
	})
	orgs, err := w.db.Organizations(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, orgs, 1)
	log, _, err := w.db.AuditPage(t.Context(), uuid.MustParse(pubstore.Canary), auditPage, 64<<20)
	require.NoError(t, err)
	require.Empty(t, log)
}
