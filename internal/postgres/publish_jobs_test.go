package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
)

func TestPublishJobsListsOnlyOwnOrganization(t *testing.T) {
	l := newLibrary(t)
	l.create("one")
	other, err := l.db.CreateOrganization(t.Context(), ada, "other", "Other")
	require.NoError(t, err)

	jobs, err := l.db.PublishJobs(t.Context(), l.org.ID)
	require.NoError(t, err)
	require.Len(t, jobs, 2)
	require.EqualValues(t, 2, jobs[0].Revision, "the newest first")
	require.Equal(t, "available", jobs[0].State)
	l.exec(`update river_job set state = 'retryable', attempt = 3, scheduled_at = now() + interval '1 hour',
		errors = array['{"attempt": 3, "at": "2026-05-01T00:00:00Z", "error": "redis is away"}'::jsonb] where id = $1`, jobs[0].ID)
	l.exec(`update river_job set state = 'completed', finalized_at = now() where id = $1`, jobs[1].ID)
	jobs, err = l.db.PublishJobs(t.Context(), l.org.ID)
	require.NoError(t, err)
	require.Len(t, jobs, 1, "what is done is not listed")
	require.Equal(t, "redis is away", jobs[0].Error)
	require.Equal(t, 3, jobs[0].Attempt)

	err = l.db.RetryPublishJob(t.Context(), other.ID, jobs[0].ID)
	require.True(t, fault.Is(err, fault.NotFound), "another organization's: %v", err)
	require.NoError(t, l.db.RetryPublishJob(t.Context(), l.org.ID, jobs[0].ID))
	require.EqualValues(t, 1, l.count(`select count(*) from river_job where id = $1 and state = 'available' and scheduled_at <= now()`, jobs[0].ID))

	s, err := l.db.CanaryStatus(t.Context())
	require.NoError(t, err)
	require.Zero(t, s.Revision, "no worker has run here")
	require.NoError(t, l.db.TouchCanary(t.Context()))
	s, err = l.db.CanaryStatus(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, s.Revision)
	require.NotNil(t, s.PendingSince)
}
