// Package postgres keeps the library in Postgres: all SQL and all transactions.
// It knows what a change is made of (change.go) and nothing of HTTP or Redis;
// the sqlc output is private to it.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"orgmodes/internal/modes"
	"orgmodes/internal/postgres/sqlcgen"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

// appRole is the role that the application works as: it may add to history and
// not change it. Migrations make it and grant to it.
const appRole = "orgmodes_app"

// defaultMaxConns holds where the URL says nothing (pool_max_conns).
const defaultMaxConns = 16

// DB is the library's database.
type DB struct {
	pool *pgxpool.Pool
	q    *sqlcgen.Queries
	// filtered is for queries with filters that may be left out.
	filtered *sqlcgen.Queries
	river    *river.Client[pgx.Tx]
	health   *health
	probe    *pgx.ConnConfig // of the connection that health asks over
	// Tools are those that a permission template may allow; set it before the DB is
	// used.
	Tools templates.Tools
	kinds []*kind
	// Modes and Templates are the modes and the permission templates of organizations.
	Modes     *Collection[modes.OrganizationMode]
	Templates *Collection[templates.OrganizationTemplate]
}

// register sets up the kinds of objects.
func (db *DB) register() {
	mode := &kind{modes.Kind{}, modeStore{db}}
	db.kinds = []*kind{mode}
	template := db.Register(templates.Kind{Tools: func() templates.Tools { return db.Tools }})
	db.Modes = &Collection[modes.OrganizationMode]{
		db: db, kind: mode, of: modes.FromObject, object: modes.OrganizationMode.Object,
	}
	db.Templates = &Collection[templates.OrganizationTemplate]{
		db: db, kind: template.kind, of: templates.FromObject, object: templates.OrganizationTemplate.Object,
	}
}

// Objects returns the objects of a registered kind, by its Singular, whatever the kind.
func (db *DB) Objects(singular string) *Collection[resource.Object] {
	k, err := db.kind(singular)
	if err != nil {
		panic(err) // callers name kinds by constants
	}
	same := func(o resource.Object) resource.Object { return o }
	return &Collection[resource.Object]{db: db, kind: k, of: same, object: same}
}

// Option changes how a DB is opened.
type Option func(*pgxpool.Config)

// idleInTransaction is how long Postgres waits for the next statement of a transaction
// before it ends the session.
const idleInTransaction = "idle_in_transaction_session_timeout"

// Traced has every statement shown to a tracer: for measuring.
func Traced(t pgx.QueryTracer) Option {
	return func(c *pgxpool.Config) { c.ConnConfig.Tracer = t }
}

// Open makes a DB for a URL. It does not connect: Postgres may be away. Whoever
// the URL signs in as, every connection works as orgmodes_app.
func Open(ctx context.Context, databaseURL string, options ...Option) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		// pgx' message may repeat the URL with its password.
		return nil, errors.New("DATABASE_URL: want postgres://user:password@host:port/database, and the URL given is not of that form")
	}
	cfg.ConnConfig.RuntimeParams["role"] = appRole
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	// A process that was frozen in a transaction keeps its row locks, and its kernel
	// keeps the connection: only Postgres can end it for those that wait.
	if cfg.ConnConfig.RuntimeParams[idleInTransaction] == "" {
		cfg.ConnConfig.RuntimeParams[idleInTransaction] = "60s"
	}
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "orgmodes"
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	if !strings.Contains(databaseURL, "pool_max_conns") {
		// pgx' default follows the number of cores; ours wait for the database.
		cfg.MaxConns = defaultMaxConns
	}
	for _, o := range options {
		o(cfg)
	}
	watch, probe := &health{conns: map[*watched]struct{}{}}, cfg.ConnConfig.Copy()
	probe.Tracer = nil
	cfg.ConnConfig.DialFunc = watch.dialer(cfg.ConnConfig.DialFunc)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	// An insert-only client: jobs are worked by the worker's own. Its cooldown
	// also limits how often it notifies, and a change should be noticed at once.
	rc, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		FetchCooldown:     time.Millisecond,
		FetchPollInterval: time.Second,
		Logger:            slog.New(slog.DiscardHandler),
	})
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("postgres: river: %w", err)
	}
	db := &DB{pool: pool, q: sqlcgen.New(pool), filtered: sqlcgen.New(planned{pool}), river: rc, health: watch, probe: probe}
	db.register()
	return db, nil
}

// planned has Postgres plan each query for the arguments that it has. A plan that is
// kept for any arguments can't use the index of a filter that may be left out.
type planned struct{ *pgxpool.Pool }

// Query runs one that returns rows.
func (p planned) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	return p.Pool.Query(ctx, query, append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
}

// Close ends the connections.
func (db *DB) Close() { db.pool.Close() }

// Pool is for the worker's River client, which needs connections of its own
// kind. Nothing else may use it.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Ping asks whether Postgres answers and has been migrated.
func (db *DB) Ping(ctx context.Context) error {
	if _, err := db.q.GetInstallation(ctx); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}

// Address is host:port/database of a URL, for messages: it names no user and
// no password.
func Address(databaseURL string) string {
	cfg, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return "DATABASE_URL"
	}
	return net.JoinHostPort(cfg.Host, fmt.Sprint(cfg.Port)) + "/" + url.PathEscape(cfg.Database)
}
