package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"orgmodes/internal/fault"
	"orgmodes/internal/jobs"
)

type organizationJob struct {
	river.WorkerDefaults[jobs.PublishOrganization]
	p *Publisher
}

// Timeout implements river.Worker. There is none: a library that is too large for a deadline
// would miss it each time. The lease shows whether the worker is alive.
func (j *organizationJob) Timeout(*river.Job[jobs.PublishOrganization]) time.Duration { return -1 }

// Work implements river.Worker.
func (j *organizationJob) Work(ctx context.Context, job *river.Job[jobs.PublishOrganization]) error {
	pub := publication{org: job.Args.OrganizationID, job: job.ID}
	if job.Queue != jobs.QueueLarge {
		pub.requeueLarge = func(ctx context.Context) error { return enqueue(ctx, job.Args, jobs.QueueLarge) }
	}
	err := j.p.publishOrganization(ctx, pub)
	if errors.Is(err, errRepublish) {
		// Queue it behind the waiting jobs, so that an organization that is changed all the
		// time does not keep the others from being published.
		err = enqueue(ctx, job.Args, job.Queue)
	}
	return j.p.jobResult(err, "organization", job.Args.OrganizationID, "revision", job.Args.Revision, "attempt", job.Attempt)
}

// enqueue inserts a job like the current one.
func enqueue(ctx context.Context, args jobs.PublishOrganization, queue string) error {
	_, err := river.ClientFromContext[pgx.Tx](ctx).Insert(ctx, args, &river.InsertOpts{Queue: queue})
	if err != nil {
		return fmt.Errorf("worker: queue %s: %w", queue, err)
	}
	return nil
}

// jobResult converts the error of a publication to the one that River expects: snooze the job,
// cancel it, or retry.
func (p *Publisher) jobResult(err error, about ...any) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errDeferred):
		return river.JobSnooze(snoozeDelay)
	case fault.Is(err, fault.NotFound):
		return river.JobCancel(err)
	}
	p.log.Error("publishing failed: will retry", append(about, "error", err)...)
	return err
}
