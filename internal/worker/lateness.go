package worker

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// lateAfter is how long a change is unpublished before its organization is late, and how
	// long nothing is published before publishing counts as stalled.
	lateAfter = time.Minute
	// latenessInterval is how often a worker looks for late organizations.
	latenessInterval = 2 * time.Second
)

// watchLateness looks for late organizations until ctx is done. Every worker does so,
// including the leader: a leader that is stuck must not be the only one to detect it.
func (w *Worker) watchLateness(ctx context.Context) {
	tick := time.NewTicker(latenessInterval)
	defer tick.Stop()
	for {
		if late, err := w.db.Lateness(ctx, lateAfter); err == nil {
			w.lateness.Store(&late)
			w.metrics.Late.Set(float64(late.Organizations))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Health returns the state of this worker for an operator. note describes late
// organizations, "" if there are none. err is set if the worker doesn't work jobs, or if
// nothing is published although something is late. A single organization that can't be
// published, or takes long, is no such error.
func (w *Worker) Health() (note string, err error) {
	if !w.Ready() {
		return "", errors.New("not processing jobs (yet); see the log")
	}
	late := w.lateness.Load()
	if late == nil || late.Organizations == 0 {
		return "", nil
	}
	note = fmt.Sprintf("%d late: organization %s has a change that is unpublished for %s",
		late.Organizations, late.Oldest, late.Age.Round(time.Second))
	if late.Progressing {
		return note, nil
	}
	if reason := w.Halted(); reason != "" {
		note += "; publishing is halted: " + reason
	}
	return "", fmt.Errorf("nothing was published for %s; %s", lateAfter, note)
}
