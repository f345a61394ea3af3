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
	"orgmodes/internal/snapshot"
	"orgmodes/internal/token"
)

// Options are what a Reader is made of; all of them have to be given unless
// said otherwise.
type Options struct {
	Log *slog.Logger
	// Store answers the loads that requests and changes make.
	Store *snapshot.Store
	// LogStore follows the log. It blocks, so it is a Store of its own.
	LogStore *snapshot.Store
	Keys     *token.Keys
	// PollInterval is what editors are asked to poll at, in whole seconds.
	PollInterval time.Duration
	// PublicCatalogue is the YAML that those get who name no organization;
	// empty means none.
	PublicCatalogue []byte
	// CacheBytes bounds the resident documents.
	CacheBytes uint64
	Metrics    prometheus.Registerer
	// AuthMaxStale is for how long what is known of a token may be trusted after
	// the last moment that it is known to have been true for; 0 means only while
	// answers are fresh.
	AuthMaxStale time.Duration
	// SnapshotDir is where what is resident is kept, for a start while Redis is
	// away; empty means nowhere. It is written every SnapshotEvery.
	SnapshotDir   string
	SnapshotEvery time.Duration
	// ReportEvery is how often workers are told which tokens are in use; 0: never.
	ReportEvery time.Duration
	// Collections are those of named documents; nil means endpoint.NamedCollections.
	Collections []string
	// Canary is the organization whose document's age is exported; empty means none.
	Canary string
	// Clock tells the time; nil means the machine's.
	Clock Clock

	// attempt replaces attemptTime and recheckTime in tests, whose machine may be busy with others.
	attempt time.Duration
}

// ConnectionAge is for how long a connection to Redis should be used: as long as
// silence is taken for. So a reader that hears nothing asks anew who the primary
// is.
const ConnectionAge = freshFor

// Reader serves published documents.
type Reader struct {
	log          *slog.Logger
	metrics      *metrics
	clock        Clock
	freshness    *freshness
	other        *answers
	tokens       *tokens
	documents    *documents
	claims       *claims
	follower     *follower
	reporter     *reporter
	public       *document
	pollInterval []byte
	fiber        *fiber.App
	server       *listen.Server
	draining     atomic.Bool
}

// New makes a Reader. It asks nothing of Redis: Follow and the first requests do.
func New(o Options) (*Reader, error) {
	if o.Clock == nil {
		o.Clock = machineClock()
	}
	if o.Collections == nil {
		o.Collections = endpoint.NamedCollections()
	}
	public, err := preparePublic(o.PublicCatalogue)
	if err != nil {
		return nil, err
	}
	m, f := newMetrics(o.Metrics), &freshness{}
	r := &Reader{
		log: o.Log, metrics: m, clock: o.Clock, freshness: f, other: m.answers("none"), public: public,
		pollInterval: strconv.AppendInt(nil, int64(o.PollInterval/time.Second), 10),
		tokens:       newTokens(o.Keys, o.Store.TokenAt, o.AuthMaxStale, o.Clock, f, m),
		documents:    newDocuments(o.Store.Part, collectionsOf(o.Collections), o.CacheBytes, o.Clock, f, m),
		claims:       newClaims(),
	}
	if o.attempt != 0 {
		r.tokens.attempt, r.documents.attempt, r.documents.patience = o.attempt, o.attempt, o.attempt
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
		r.follower.stored = &disk{
			log: o.Log, dir: o.SnapshotDir, every: o.SnapshotEvery, documents: r.documents, tokens: r.tokens, freshness: f,
			clock: o.Clock, metrics: m,
		}
	}
	r.reporter = &reporter{log: o.Log, every: o.ReportEvery, note: o.Store.NoteUses, table: r.tokens.table, clock: o.Clock}
	r.fiber = r.app(o.Collections)
	r.server = listen.NewServer(r.fiber)
	r.watch(o.Metrics, r.follower.canary)
	return r, nil
}

// Follow keeps what is resident in step with Redis until ctx is done, and tells
// of the tokens in use. While Redis is away it waits and says so.
func (r *Reader) Follow(ctx context.Context) {
	if r.reporter.every > 0 {
		var reporting sync.WaitGroup
		reporting.Go(func() { r.reporter.run(ctx) })
		defer reporting.Wait()
	}
	r.follower.run(ctx)
}

// Serve answers requests until Shutdown.
func (r *Reader) Serve(ln net.Listener) error { return r.server.Serve(ln) }

// Started says whether the reader has what to serve from: it was in step with
// Redis once, or could not be and has loaded a snapshot from disk.
func (r *Reader) Started() error {
	if !r.follower.synced.Load() && !r.follower.loaded.Load() {
		return errors.New("not yet in step with Redis")
	}
	return nil
}

// Ready says whether the reader should be sent requests: it has started, and
// isn't draining. Never whether Redis can be reached: that all readers lose it
// at once is when they are needed.
func (r *Reader) Ready() error {
	if r.draining.Load() {
		return errors.New("draining")
	}
	return r.Started()
}

// Drain makes Ready say no, and nothing else.
func (r *Reader) Drain() { r.draining.Store(true) }

// Shutdown stops serving, after the requests under way, and drops what is
// resident. Follow has to have ended.
func (r *Reader) Shutdown(ctx context.Context) error {
	err := r.server.Shutdown(ctx)
	r.documents.close()
	r.tokens.close()
	r.claims.met.StopAllGoroutines()
	return err
}
