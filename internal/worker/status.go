package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"orgmodes/internal/fault"
	"orgmodes/internal/jobs"
	"orgmodes/internal/postgres"
)

const (
	// statusTick is how often a worker looks for outdated status: a release without status
	// enqueues no job for it.
	statusTick = 3 * time.Second
	// statusBatch bounds one round.
	statusBatch = 500
)

// statusJob evaluates the conditions of an organization's objects.
type statusJob struct {
	river.WorkerDefaults[jobs.EvaluateStatus]
	db *postgres.DB
}

// Work implements river.Worker.
func (j *statusJob) Work(ctx context.Context, job *river.Job[jobs.EvaluateStatus]) error {
	err := j.db.EvaluateStatus(ctx, job.Args.OrganizationID, job.Args.Revision)
	if fault.Is(err, fault.NotFound) {
		return river.JobCancel(err)
	}
	return err
}

// watchStatus evaluates the status that no job did, until ctx is done.
func (w *Worker) watchStatus(ctx context.Context) {
	tick := time.NewTicker(statusTick)
	defer tick.Stop()
	for {
		if err := w.evaluateStale(ctx); err != nil && ctx.Err() == nil {
			w.log.Warn("evaluating status failed: will retry", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (w *Worker) evaluateStale(ctx context.Context) error {
	stale, err := w.db.StaleStatuses(ctx, statusBatch)
	if err != nil {
		return err
	}
	var failed []error
	for _, o := range stale {
		if err := w.db.EvaluateStatus(ctx, o.ID, o.Revision); err != nil {
			failed = append(failed, fmt.Errorf("organization %s: %w", o.ID, err))
		}
	}
	return errors.Join(failed...)
}
