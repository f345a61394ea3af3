package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
	"golang.org/x/sync/errgroup"

	"orgmodes/internal/jobs"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/render"
)

// Config configures a Worker.
type Config struct {
	DB    *postgres.DB
	Redis *pubstore.Store
	Log   *slog.Logger
	// Builtins are the built-in modes, which are merged with an organization's own.
	Builtins []modes.Mode
	// Concurrency is how many publications run at once; default 8.
	Concurrency int
	// LeaseTime is how long a publication counts as under way without a sign of
	// life from its worker; default LeaseTime.
	LeaseTime time.Duration
	// Encode is for tests, see PublisherConfig.
	Encode func(ctx context.Context, body []byte) ([]pubstore.Encoded, error)
	// Metrics may be nil.
	Metrics *Metrics
}

// Worker works jobs and, while it leads, keeps Redis in sync with Postgres.
type Worker struct {
	*Publisher
	db       *postgres.DB
	ready    atomic.Bool
	lateness atomic.Pointer[postgres.Lateness]
}

// RedisTimeout is the timeout for a worker's pubstore.Store. It is meant for a Redis that is
// gone, not for the size of a document: see pubstore.Options.
const RedisTimeout = 5 * time.Second

// ConnectionAge is how long a worker should use a connection to Redis, as readers do. If the
// address leads to another server while the old one still runs, a worker with an old
// connection would fill a server that no reader uses any more.
const ConnectionAge = 10 * time.Second

const (
	// jobTimeout bounds a job on a token. rescueAfter is when a job whose worker died is
	// given to another one. Organizations have leases instead: see lease.go.
	jobTimeout  = 15 * time.Second
	rescueAfter = 20 * time.Second
	// stopTimeout is how long a worker that stops waits for its jobs.
	stopTimeout = 15 * time.Second
	// maxRetryDelay caps River's delays, which otherwise grow with the fourth power of the
	// attempt.
	maxRetryDelay = 2 * time.Second
	// snoozeDelay is how long a job waits that can't be done now, for a reason other than its
	// own.
	snoozeDelay = 500 * time.Millisecond
)

// New returns a new Worker; Run starts it.
func New(c Config) *Worker {
	if c.Concurrency == 0 {
		c.Concurrency = 8
	}
	return &Worker{db: c.DB, Publisher: NewPublisher(PublisherConfig{
		Store: c.DB, Redis: c.Redis, Log: c.Log, Builtins: c.Builtins, Parallel: c.Concurrency, Metrics: c.Metrics,
		LeaseTime: c.LeaseTime, Encode: c.Encode, Kinds: c.DB.Kinds(),
	})}
}

// Run works until ctx is done, then finishes the jobs under way. Once it works, Postgres and
// Redis may come and go; an error means that it could not begin.
//
// Each iteration of the loop is one claim on an edition. A worker whose edition is
// superseded stops fetching jobs, so that the workers of the newer release get them. It
// waits until an operator makes its edition the newest again.
func (w *Worker) Run(ctx context.Context) error {
	for {
		if err := w.claimEdition(ctx); err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // stopped while starting: that is no failure
			}
			return err
		}
		err := w.runEdition(ctx)
		w.ready.Store(false)
		if !errors.Is(err, postgres.ErrSuperseded) {
			return err
		}
	}
}

func (w *Worker) runEdition(ctx context.Context) error {
	client, err := w.newRiver()
	if err != nil {
		return err
	}
	// Not ctx itself: River would cancel the jobs under way with it.
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	w.ready.Store(true)
	g, running := errgroup.WithContext(ctx)
	g.Go(func() error { return w.db.Lead(running, w.runLeader) })
	g.Go(func() error { return w.watchEdition(running) })
	g.Go(func() error { w.watchLateness(running); return nil })
	g.Go(func() error { w.watchDrafts(running); return nil })
	if w.db.HasStatus() {
		g.Go(func() error { w.watchStatus(running); return nil })
	}
	err = g.Wait()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if stopErr := client.Stop(stopping); stopErr != nil {
		w.log.Warn("jobs still running at shutdown: another worker retries them", "error", stopErr)
		return errors.Join(err, client.StopAndCancel(context.WithoutCancel(ctx)))
	}
	return err
}

func (w *Worker) newRiver() (*river.Client[pgx.Tx], error) {
	registry := river.NewWorkers()
	river.AddWorker(registry, &organizationJob{p: w.Publisher})
	river.AddWorker(registry, &tokenJob{p: w.Publisher})
	river.AddWorker(registry, &statusJob{db: w.db})
	queues := map[string]river.QueueConfig{
		jobs.QueueDocuments: {MaxWorkers: w.parallel},
		jobs.QueueLarge:     {MaxWorkers: maxLargeRenders(w.parallel)},
		jobs.QueueTokens:    {MaxWorkers: w.parallel},
	}
	if w.db.HasStatus() {
		queues[jobs.QueueStatus] = river.QueueConfig{MaxWorkers: w.parallel}
	}
	client, err := river.NewClient(riverpgxv5.New(w.db.Pool()), &river.Config{
		Queues:                      queues,
		Workers:                     registry,
		FetchCooldown:               5 * time.Millisecond,
		FetchPollInterval:           200 * time.Millisecond,
		JobTimeout:                  jobTimeout,
		RescueStuckJobsAfter:        rescueAfter,
		RetryPolicy:                 cappedRetry{},
		CompletedJobRetentionPeriod: time.Hour,
		Logger:                      newRiverLogger(w.log),
	})
	if err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	return client, nil
}

// maxLargeRenders returns how many large libraries are rendered concurrently, as far as memory
// allows: each keeps a processor busy, and one stays free for small libraries.
func maxLargeRenders(parallel int) int {
	return max(1, min(runtime.GOMAXPROCS(0)-1, parallel/2))
}

// Ready reports whether jobs are being worked.
func (w *Worker) Ready() bool { return w.ready.Load() }

// editionCheckInterval is how often a worker checks whether its edition is still the newest.
const editionCheckInterval = 2 * time.Second

// renderInputsHash identifies the inputs of rendering besides the renderer itself: the built-in
// modes, and the collections of named documents.
func (w *Worker) renderInputsHash() string {
	hash := modes.BuiltinsHash(w.builtins)
	if len(w.manyNamed) == 0 {
		return hash
	}
	sum := sha256.Sum256([]byte(hash + " " + strings.Join(w.manyNamed, " ")))
	return hex.EncodeToString(sum[:])
}

// claimEdition claims the edition that this worker renders, and waits while that is
// superseded.
func (w *Worker) claimEdition(ctx context.Context) error {
	hash := w.renderInputsHash()
	logged := false
	for {
		n, err := w.db.ClaimEdition(ctx, render.RendererVersion, hash)
		if err == nil {
			w.edition.Store(n)
			w.log.Info("claimed edition", "edition", n, "builtins", hash)
			return nil
		}
		if !errors.Is(err, postgres.ErrSuperseded) {
			return err
		}
		if !logged {
			w.log.Warn("publishing paused: superseded edition; to reactivate it, run `admin edition use`",
				"renderer", render.RendererVersion, "builtins", hash)
			logged = true
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(editionCheckInterval):
		}
	}
}

// watchEdition returns ErrSuperseded once a newer edition has been raised.
func (w *Worker) watchEdition(ctx context.Context) error {
	tick := time.NewTicker(editionCheckInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if n, err := w.db.LatestEdition(ctx); err == nil && n > w.edition.Load() {
			return postgres.ErrSuperseded
		}
	}
}

// cappedRetry retries with a short and then growing delay, up to a cap: users are waiting.
type cappedRetry struct{}

// NextRetry implements river.ClientRetryPolicy.
func (cappedRetry) NextRetry(job *rivertype.JobRow) time.Time {
	delay := 50 * time.Millisecond << min(job.Attempt, 10)
	return time.Now().Add(min(delay, maxRetryDelay))
}
