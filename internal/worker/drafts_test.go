package worker_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

func TestWorkerRemovesOldDrafts(t *testing.T) {
	w := newWorld(t)
	bob := w.member("bob@example.com")
	young, err := w.db.StoreDraft(t.Context(), postgres.Draft{
		DraftKey: postgres.DraftKey{OrganizationID: w.org.ID, UserID: bob, Kind: modes.KindName, Subject: uuid.New()},
		Title:    "young", Content: []byte(`{}`),
	})
	require.NoError(t, err)
	// The removal takes more than one statement.
	w.exec(`insert into resource_drafts (organization_id, user_id, kind, subject, title, content, base_version, expires_at)
		select $1, $2, 'mode', gen_random_uuid(), 'old', '{}', 0, now() - interval '1 second' from generate_series(1, 250)`, w.org.ID, bob)
	const old = `select count(*) from resource_drafts where title = 'old'`

	// A sweep that fails doesn't keep the worker from its other work.
	held, err := w.pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = held.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = held.Exec(t.Context(), `lock table resource_drafts in access exclusive mode`)
	require.NoError(t, err)
	_, stop := w.startWorker()
	w.await(func() error {
		var ended bool
		return w.pool.QueryRow(t.Context(), `select pg_terminate_backend(pid) from pg_locks
			where not granted and relation = 'resource_drafts'::regclass`).Scan(&ended) // pgx.ErrNoRows until it waits
	})
	w.create("docs")
	w.waitPublished()
	require.NoError(t, held.Rollback(t.Context()))
	stop()
	require.ErrorContains(t, w.checkZero(old), "250")

	w.startWorker()
	w.await(func() error { return w.checkZero(old) })
	got, err := w.db.Draft(t.Context(), young.DraftKey)
	require.NoError(t, err)
	require.Equal(t, young, got)
}
