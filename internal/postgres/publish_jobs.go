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

// PublishJob is work on an organization's publication that isn't done.
type PublishJob struct {
	ID       int64
	Revision int64
	// State is river's word: available, running, retryable, discarded, ...
	State     string
	Attempt   int
	CreatedAt time.Time
	// NextAt is when it is tried, or was.
	NextAt time.Time
	// TriedAt is when it was tried last; zero where it never was.
	TriedAt time.Time
	// Error is what went wrong, FailedAt when; empty and zero where nothing did.
	Error    string
	FailedAt time.Time
	// snoozed says that a worker has put it off at least once.
	snoozed bool
}

// Running says that a worker is at it.
func (j PublishJob) Running() bool { return j.State == string(rivertype.JobStateRunning) }

// GivenUp says that it is not tried again: what it was for is left to the sweep.
func (j PublishJob) GivenUp() bool { return j.State == string(rivertype.JobStateDiscarded) }

// Waits says that it was tried, and is again by itself. River leaves a job whose
// next try is near in the state available.
func (j PublishJob) Waits() bool { return !j.Running() && !j.GivenUp() && !j.TriedAt.IsZero() }

// PutOff says that the last try found that it can't be done yet, which is no
// failure.
func (j PublishJob) PutOff() bool { return j.snoozed && j.Waits() && j.TriedAt.After(j.FailedAt) }

// maxPublishJobs is how many jobs are listed: a page shows no more.
const maxPublishJobs = 50

// PublishJobs lists the jobs on an organization's publication that are not done,
// newest first.
func (db *DB) PublishJobs(ctx context.Context, org uuid.UUID) ([]PublishJob, error) {
	found, err := db.river.JobList(ctx, jobsOf(org).First(maxPublishJobs))
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

// RetryPublishJob has a job of an organization worked at once.
func (db *DB) RetryPublishJob(ctx context.Context, org uuid.UUID, id int64) error {
	return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		found, err := db.river.JobListTx(ctx, tx, jobsOf(org).IDs(id).First(1))
		if err == nil && len(found.Jobs) == 0 {
			return fault.New(fault.NotFound, "not_found", "This is done, or was never to be done")
		}
		if err == nil {
			_, err = db.river.JobRetryTx(ctx, tx, id)
		}
		if errors.Is(err, river.ErrNotFound) {
			return fault.New(fault.NotFound, "not_found", "This is done, or was never to be done")
		}
		if err != nil {
			return fmt.Errorf("retry publish job: %w", err)
		}
		return nil
	})
}

func jobsOf(org uuid.UUID) *river.JobListParams {
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

// CanaryStatus is the publication of the organization that workers change every
// few seconds: how far that is shows whether publishing works at all. It is zero
// where no worker has changed it yet.
func (db *DB) CanaryStatus(ctx context.Context) (PublicationStatus, error) {
	s, err := db.PublicationStatus(ctx, canary)
	if fault.Is(err, fault.NotFound) {
		return PublicationStatus{}, nil
	}
	return s, err
}
