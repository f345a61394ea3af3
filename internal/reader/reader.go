package reader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"orgmodes/internal/endpoint"
	"orgmodes/internal/listen"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

// Options configures a Reader; all fields are required unless stated
// otherwise.
type Options struct {
	Log *slog.Logger
	// Store is used for the loads that requests and changes cause.
	Store *pubstore.Store
	// LogStore follows the log. It blocks, so it must be a dedicated Store.
	LogStore *pubstore.Store
	Keys     *token.Keys
	// PollInterval is the interval at which editors should poll, in whole seconds.
	PollInterval time.Duration
	// PublicCatalog is the YAML document for requests that name no organization;
	// empty means none.
	PublicCatalog []byte
	// CacheBytes bounds the resident documents.
	CacheBytes uint64
	Metrics    prometheus.Registerer
	// AuthMaxStale is how long a token's record can be trusted after the last time for
	// which it is known to have been correct; 0 means only while answers are
	// fresh.
	AuthMaxStale time.Duration
	// SnapshotDir is the directory in which resident values are stored every
	// SnapshotInterval, for a start while Redis is unavailable; empty disables that.
	SnapshotDir      string
	SnapshotInterval time.Duration
	// UsageReportInterval is how often token usage is reported to the workers; 0 disables that.
	UsageReportInterval time.Duration
	// Collections are the collections of named documents; nil means endpoint.NamedCollections.
	Collections []string
	// Canary is the organization whose document's age is exported; empty means none.
	Canary string
	// Clock returns the time; nil means the machine's clock.
	Clock Clock

	// queryTimeout replaces the constants queryTimeout and recheckTimeout in tests, which
	// may run on a busy machine.
	queryTimeout time.Duration
}

// ConnectionAge is how long a connection to Redis should be used: as long as silence is
// tolerated. So a reader that receives nothing looks up the current primary
// again.
const ConnectionAge = freshFor

// Reader serves published documents.
type Reader struct {
	log             *slog.Logger
	metrics         *metrics
	clock           Clock
	freshness       *freshness
	unroutedAnswers *answers
	tokens          *tokens
	documents       *documents
	futureTags      *futureTags
	follower        *follower
	reporter        *reporter
	public          *document
	pollInterval    []byte
	fiber           *fiber.App
	server          *listen.Server
	draining        atomic.Bool
}

// New returns a new Reader. It does not query Redis; Follow and the first requests do.
func New(o Options) (*Reader, error) {
	if o.Clock == nil {
		o.Clock = machineClock()
	}
	if o.Collections == nil {
		o.Collections = endpoint.NamedCollections()
	}
	public, err := preparePublic(o.PublicCatalog)
	if err != nil {
		return nil, err
	}
	m, f := newMetrics(o.Metrics), &freshness{}
	r := &Reader{
		log: o.Log, metrics: m, clock: o.Clock, freshness: f, unroutedAnswers: m.answers("none"), public: public,
		pollInterval: strconv.AppendInt(nil, int64(o.PollInterval/time.Second), 10),
		tokens:       newTokens(o.Keys, o.Store.TokenAt, o.AuthMaxStale, o.Clock, f, m),
		documents:    newDocuments(o.Store.Part, listCollections(o.Collections), o.CacheBytes, o.Clock, f, m),
		futureTags:   newFutureTags(),
	}
	if o.queryTimeout != 0 {
		r.tokens.queryTimeout, r.documents.queryTimeout, r.documents.recheckTimeout = o.queryTimeout, o.queryTimeout, o.queryTimeout
	}
	var canary organizationID
	if o.Canary != "" {
		var ok bool
		if canary, ok = parseOrganization(o.Canary); !ok {
			return nil, fmt.Errorf("CANARY_ORGANIZATION=%q is not a UUID", o.Canary)
		}
	}
	r.follower = &follower{
		canary: documentKey{organization: canary},
		log:    o.Log, redis: o.LogStore, documents: r.documents, tokens: r.tokens, freshness: f, metrics: m, clock: o.Clock,
	}
	if o.SnapshotDir != "" {
		r.follower.disk = &disk{
			log: o.Log, dir: o.SnapshotDir, interval: o.SnapshotInterval, documents: r.documents, tokens: r.tokens, freshness: f,
			clock: o.Clock, metrics: m,
		}
	}
	r.reporter = &reporter{log: o.Log, interval: o.UsageReportInterval, send: o.Store.RecordUsage, table: r.tokens.table, clock: o.Clock}
	r.fiber = r.newApp(o.Collections)
	r.server = listen.NewServer(r.fiber)
	r.registerGauges(o.Metrics, r.follower.canary)
	return r, nil
}

// Follow keeps resident values in sync with Redis until ctx is done, and reports the
// tokens in use. While Redis is unavailable, it waits and logs that.
func (r *Reader) Follow(ctx context.Context) {
	if r.reporter.interval > 0 {
		var reporting sync.WaitGroup
		reporting.Go(func() { r.reporter.run(ctx) })
		defer reporting.Wait()
	}
	r.follower.run(ctx)
}

// Serve answers requests until Shutdown. A snapshot on disk is loaded first: a request for a
// document in it waits, rather than fail because it arrived a moment too early.
func (r *Reader) Serve(ln net.Listener) error {
	r.follower.restore()
	return r.server.Serve(ln)
}

// Started returns an error unless the reader has something to serve from. It must have been
// synced with Redis once, or have failed to do so and have loaded a snapshot from disk.
func (r *Reader) Started() error {
	if !r.follower.syncedOnce.Load() && !r.follower.servingSnapshot.Load() {
		return errors.New("not yet synced with Redis")
	}
	return nil
}

// Ready returns an error unless the reader should receive requests: it has started, and
// isn't draining. It does not depend on whether Redis is reachable: all readers lose
// Redis at once, and that is when they are needed.
func (r *Reader) Ready() error {
	if r.draining.Load() {
		return errors.New("draining")
	}
	return r.Started()
}

// Drain makes Ready fail, and has no other effect.
func (r *Reader) Drain() { r.draining.Store(true) }

// Shutdown stops serving after the requests in progress, and drops the resident
// values. Follow must have returned.
func (r *Reader) Shutdown(ctx context.Context) error {
	err := r.server.Shutdown(ctx)
	r.documents.close()
	r.tokens.close()
	r.futureTags.firstSeen.StopAllGoroutines()
	return err
}
