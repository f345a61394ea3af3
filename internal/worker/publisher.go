package worker

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/render"
	"orgmodes/internal/resource"
	"orgmodes/internal/token"
)

// Store is the part of Postgres that a Publisher uses: a *postgres.DB, or the simulation's
// model of one.
type Store interface {
	Installation(ctx context.Context) (postgres.Installation, error)
	RaiseIncarnation(ctx context.Context, found int64) (postgres.Installation, error)

	RequestPublication(ctx context.Context, org uuid.UUID, ask postgres.PublicationRequest) (postgres.Publishable, error)
	TakeLease(ctx context.Context, l postgres.PublicationLease) (bool, error)
	RenewLease(ctx context.Context, l postgres.PublicationLease) (bool, error)
	EndLease(ctx context.Context, l postgres.PublicationLease) (again bool, err error)
	RequeueExpired(ctx context.Context, after time.Duration) (expired int, err error)

	Library(ctx context.Context, org uuid.UUID, named []string, choose func(postgres.Library) (kinds []string)) (postgres.Library, error)
	Revision(ctx context.Context, org uuid.UUID) (int64, error)
	ForEachOrganization(ctx context.Context, page int, fn func([]postgres.PendingOrganization) error) error
	PlanPublication(ctx context.Context, org uuid.UUID, next postgres.Publication) (postgres.Publication, error)
	MarkPublished(ctx context.Context, org uuid.UUID, epoch, revision, edition, incarnation int64) (bool, error)
	MarkUnpublished(ctx context.Context, org uuid.UUID, found int64) error

	UnknownOrganizations(ctx context.Context, ids []uuid.UUID) ([]uuid.UUID, error)

	TokenRecord(ctx context.Context, id uuid.UUID) (postgres.TokenRecord, error)
	ForEachToken(ctx context.Context, page int, fn func([]postgres.TokenKey) error) error
	MarkTokenPublished(ctx context.Context, id uuid.UUID, version int64, in postgres.Installation) (bool, error)
	MarkTokensUnpublished(ctx context.Context, ids []uuid.UUID) error
	UnknownTokens(ctx context.Context, hashes []token.Hash) ([]token.Hash, error)

	PendingOrganizations(ctx context.Context, longerThan time.Duration, limit int) ([]postgres.PendingOrganization, error)
	PendingTokens(ctx context.Context, longerThan time.Duration, limit int) ([]postgres.PendingToken, error)
	CountPending(ctx context.Context) (postgres.Pending, error)
	Unpublished(ctx context.Context, limit int) (postgres.Unpublished, error)
}

// Publisher publishes organizations and tokens, and does the leader's work of keeping Redis
// in sync. It has no knowledge of jobs.
type Publisher struct {
	store    Store
	redis    *pubstore.Store
	log      *slog.Logger
	builtins []modes.Mode
	// collections holds the published collections. manyNamed lists the ones of named
	// documents, by name. named holds the kinds whose names some collections show.
	collections      []render.Collection
	manyNamed, named []string
	// dependencies lists the kinds to read because of a change.
	dependencies []postgres.Dependency
	metrics      *Metrics
	parallel     int
	encode       func(context.Context, []byte) ([]pubstore.Encoded, error)
	codings      []pubstore.Coding
	// leaseTime is how long a publication counts as under way without a sign of life.
	leaseTime time.Duration
	budget    *renderBudget

	// edition is the edition to render; it is set before the first publication.
	edition atomic.Int64
	halted  atomic.Pointer[halt]
	// synced reports whether this leader has compared Redis with Postgres and found it
	// consistent: only then is it allowed to write watermarks.
	synced atomic.Bool
}

// PublisherConfig configures a Publisher.
type PublisherConfig struct {
	Store Store
	Redis *pubstore.Store
	Log   *slog.Logger
	// Builtins are the built-in modes, which are merged with an organization's own.
	Builtins []modes.Mode
	// Kinds holds the kinds that may be resource.Publishers, besides modes and permission
	// templates.
	Kinds []resource.Kind
	// Edition is the edition to render; a Worker claims it later.
	Edition int64
	// Parallel is how many publications a sweep or a reconciliation runs concurrently.
	Parallel int
	// Encode compresses a representation in each of Codings; nil means
	// pubstore.EncodeContext, and all codings.
	Encode  func(ctx context.Context, body []byte) ([]pubstore.Encoded, error)
	Codings []pubstore.Coding
	// LeaseTime is how long a publication counts as under way without a sign of
	// life from its worker; default LeaseTime.
	LeaseTime time.Duration
	// Metrics may be nil.
	Metrics *Metrics
}

// NewPublisher returns a new Publisher.
func NewPublisher(c PublisherConfig) *Publisher {
	if c.Encode == nil {
		c.Encode = pubstore.EncodeContext
	}
	if c.Codings == nil {
		c.Codings = pubstore.Codings()
	}
	if c.LeaseTime == 0 {
		c.LeaseTime = LeaseTime
	}
	if c.Metrics == nil {
		c.Metrics = NewMetrics()
	}
	p := &Publisher{
		store: c.Store, redis: c.Redis, log: c.Log, builtins: c.Builtins, metrics: c.Metrics, parallel: c.Parallel,
		encode: c.Encode, codings: c.Codings, leaseTime: c.LeaseTime, budget: newRenderBudget(c.Metrics.Rendering),
	}
	for _, coll := range render.Collections(c.Kinds) {
		p.collections = append(p.collections, coll)
		p.named = append(p.named, coll.NameSources...)
		for _, kind := range coll.Kinds() {
			for _, source := range coll.Sources {
				p.dependencies = append(p.dependencies, postgres.Dependency{Change: source, Kind: kind})
			}
			for _, named := range coll.NameSources {
				p.dependencies = append(p.dependencies, postgres.Dependency{Change: named, Kind: kind, RenamedOnly: true})
			}
		}
		if coll.HasNamedDocuments {
			p.manyNamed = append(p.manyNamed, coll.Name)
		}
	}
	p.edition.Store(c.Edition)
	return p
}

// halt is the reason why nothing is published, and until when that holds.
type halt struct {
	reason string
	until  time.Time
}

// haltDuration is how long a halt lasts before its reason is checked again: an operator may have
// raised the epoch, or emptied Redis.
const haltDuration = 5 * time.Second

// halt stops all publishing for haltDuration. It logs each reason once.
func (p *Publisher) halt(reason string) {
	old := p.halted.Swap(&halt{reason, time.Now().Add(haltDuration)})
	if old == nil || old.reason != reason {
		p.log.Error("publishing halted", "reason", reason)
	}
	p.metrics.Halted.Set(1)
}

// resume ends a halt, after a publication succeeded or a comparison found Redis consistent.
func (p *Publisher) resume() {
	if p.halted.Load() != nil && p.halted.Swap(nil) != nil {
		p.log.Info("publishing resumed")
		p.metrics.Halted.Set(0)
	}
}

func (p *Publisher) isHalted() bool {
	h := p.halted.Load()
	return h != nil && time.Now().Before(h.until)
}

// Halted returns why nothing is published, or "".
func (p *Publisher) Halted() string {
	if h := p.halted.Load(); h != nil {
		return h.reason
	}
	return ""
}
