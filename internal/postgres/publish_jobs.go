package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"orgmodes/internal/fault"
	"orgmodes/internal/jobs"
)

// PublishJob is an unfinished job to publish an organization.
type PublishJob struct {
	ID       int64
	Revision int64
	// State is River's name of the state: available, running, retryable, discarded, ...
	State     string
	Attempt   int
	CreatedAt time.Time
	// NextAt is when the job is, or was, due.
	NextAt time.Time
	// TriedAt is when it was last tried; zero if never.
	TriedAt time.Time
	// Error is the last error and FailedAt its time; both are zero if there was none.
	Error    string
	FailedAt time.Time
	// snoozed is true if a worker has snoozed the job at least once.
	snoozed bool
}

// Running reports whether a worker is working on the job.
func (j PublishJob) Running() bool { return j.State == string(rivertype.JobStateRunning) }

// Discarded reports whether the job is no longer tried. Its organization is left to the sweep.
func (j PublishJob) Discarded() bool { return j.State == string(rivertype.JobStateDiscarded) }

// Retrying reports whether the job was tried and will be retried automatically. River leaves a
// job whose next try is near in the state available.
func (j PublishJob) Retrying() bool { return !j.Running() && !j.Discarded() && !j.TriedAt.IsZero() }

// Snoozed reports whether the last try was postponed because publishing wasn't possible yet,
// which is not a failure.
func (j PublishJob) Snoozed() bool { return j.snoozed && j.Retrying() && j.TriedAt.After(j.FailedAt) }

// maxPublishJobs is how many jobs are listed: a page shows no more.
const maxPublishJobs = 50

// PublishJobs lists an organization's unfinished publish jobs, newest first.
func (db *DB) PublishJobs(ctx context.Context, org uuid.UUID) ([]PublishJob, error) {
	found, err := db.river.JobList(ctx, listParams(org).First(maxPublishJobs))
	if err != nil {
		return nil, fmt.Errorf("publish jobs: %w", err)
	}
	out := make([]PublishJob, len(found.Jobs))
	for i, j := range found.Jobs {
		if out[i], err = toPublishJob(j); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// RetryPublishJob makes a job of an organization available at once.
func (db *DB) RetryPublishJob(ctx context.Context, org uuid.UUID, id int64) error {
	return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		found, err := db.river.JobListTx(ctx, tx, listParams(org).IDs(id).First(1))
		if err == nil && len(found.Jobs) == 0 {
			return fault.New(fault.NotFound, "not_found", "There is no such pending publication; it may be complete")
		}
		if err == nil {
			_, err = db.river.JobRetryTx(ctx, tx, id)
		}
		if errors.Is(err, river.ErrNotFound) {
			return fault.New(fault.NotFound, "not_found", "There is no such pending publication; it may be complete")
		}
		if err != nil {
			return fmt.Errorf("retry publish job: %w", err)
		}
		return nil
	})
}

func listParams(org uuid.UUID) *river.JobListParams {
	return river.NewJobListParams().
		Kinds(jobs.PublishOrganization{}.Kind()).
		States(rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateScheduled,
			rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateDiscarded).
		Where("args->>'organization_id' = @organization", river.NamedArgs{"organization": org.String()}).
		OrderBy(river.JobListOrderByID, river.SortOrderDesc)
}

func toPublishJob(row *rivertype.JobRow) (PublishJob, error) {
	var args jobs.PublishOrganization
	if err := json.Unmarshal(row.EncodedArgs, &args); err != nil {
		return PublishJob{}, fmt.Errorf("publish job %d: %w", row.ID, err)
	}
	out := PublishJob{
		ID: row.ID, Revision: args.Revision, State: string(row.State), Attempt: row.Attempt,
		CreatedAt: row.CreatedAt.UTC(), NextAt: row.ScheduledAt.UTC(),
	}
	if n := len(row.Errors); n > 0 {
		out.Error, out.FailedAt = row.Errors[n-1].Error, row.Errors[n-1].At.UTC()
	}
	var river struct {
		Snoozes int `json:"snoozes"`
	}
	if err := json.Unmarshal(row.Metadata, &river); err != nil {
		return out, fmt.Errorf("publish job %d: %w", row.ID, err)
	}
	out.snoozed = river.Snoozes > 0
	if row.AttemptedAt != nil {
		out.TriedAt = row.AttemptedAt.UTC()
	}
	return out, nil
}

// CanaryStatus returns the publication status of the canary organization, which workers
// change every few seconds. It shows whether publishing works at all. It is zero if no
// worker has changed it yet.
func (db *DB) CanaryStatus(ctx context.Context) (PublicationStatus, error) {
	s, err := db.PublicationStatus(ctx, canaryID)
	if fault.Is(err, fault.NotFound) {
		return PublicationStatus{}, nil
	}
	return s, err
}
