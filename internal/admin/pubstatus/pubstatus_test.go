package pubstatus

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/postgres"
)

func TestStatusExplainsPendingRevision(t *testing.T) {
	at := func(seconds int) time.Time { return time.Unix(int64(1e9+seconds), 0).UTC() }
	refused := "pubstore: dial tcp 127.0.0.1:6379: connect: connection refused"
	failed := func(revision int64, tried, next int) postgres.PublishJob {
		return postgres.PublishJob{
			Revision: revision, State: "available", Attempt: 1, TriedAt: at(tried), FailedAt: at(tried), NextAt: at(next), Error: refused,
		}
	}
	running := func(j postgres.PublishJob) postgres.PublishJob { j.State = "running"; return j }
	discarded := func(j postgres.PublishJob) postgres.PublishJob { j.State = "discarded"; return j }
	fresh := postgres.PublishJob{Revision: 3, State: "available", NextAt: at(0)}
	next := func(seconds int) *time.Time { t := at(seconds); return &t }
	pending := postgres.PublicationStatus{PublishedRevision: 1}
	pending.Revision = 3
	again := postgres.PublicationStatus{PublishedRevision: 3, Republishing: true}
	again.Revision = 3
	for name, c := range map[string]struct {
		now   postgres.PublicationStatus
		jobs  []postgres.PublishJob
		waits string
		fails bool
		next  *time.Time
	}{
		"nobody is there":               {now: pending, jobs: []postgres.PublishJob{fresh}, waits: "no worker has started it"},
		"no job":                        {now: pending},
		"a worker is publishing it":     {now: pending, jobs: []postgres.PublishJob{running(fresh)}, waits: "a worker is publishing it"},
		"the next try is the first":     {now: pending, jobs: []postgres.PublishJob{failed(3, 2, 9), failed(2, 1, 5)}, fails: true, next: next(5)},
		"one is being tried":            {now: pending, jobs: []postgres.PublishJob{failed(3, 2, 9), running(failed(2, 1, 5))}, fails: true},
		"a new one beside what failed":  {now: pending, jobs: []postgres.PublishJob{fresh, failed(2, 1, 5)}, fails: true, next: next(5)},
		"left to the sweep":             {now: pending, jobs: []postgres.PublishJob{discarded(failed(3, 1, 5))}, fails: true},
		"what readers have has no say":  {now: pending, jobs: []postgres.PublishJob{fresh, failed(1, 1, 5)}, waits: "no worker has started it"},
		"published again, which failed": {now: again, jobs: []postgres.PublishJob{failed(3, 1, 5), failed(2, 1, 4)}, fails: true, next: next(5)},
	} {
		t.Run(name, func(t *testing.T) {
			s := diagnose(c.now, c.jobs)
			require.Equal(t, c.waits, s.DelayReason)
			require.Equal(t, c.fails, s.Failure != nil)
			if s.Failure != nil {
				require.Equal(t, "Redis can’t be reached", s.Failure.Reason)
				require.Equal(t, c.next, s.Failure.NextAttemptAt)
			}
		})
	}
}

func TestReasons(t *testing.T) {
	for err, want := range map[string]string{
		"": "",
		"pubstore: dial tcp 10.0.0.7:6379: connect: connection refused": "Redis can’t be reached",
		"pubstore: read tcp 10.0.0.2:5->10.0.0.7:6379: i/o timeout":     "Redis can’t be reached",
		"pubstore: EOF": "Redis can’t be reached",
		"library: failed to connect to `user=orgmodes database=o`: dial error: dial tcp: i/o timeout": "The worker can’t reach the database",
		"pubstore: OOM command not allowed when used memory > 'maxmemory'.":                           "Redis is out of memory",
		"pubstore: LOADING Redis is loading the dataset in memory":                                    "Redis is starting",
		"pubstore: READONLY You can't write against a read only replica.":                             "Redis is read-only: it is a replica",
		"Stuck job rescued by JobRescuer":                                                             "The worker stopped before it was done",
		"library: mode 7: stored config: json: cannot unmarshal number":                               "The worker failed",
	} {
		require.Equal(t, want, Reason(err), "%s", err)
	}
}
