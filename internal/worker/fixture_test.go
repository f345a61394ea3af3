package worker_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"orgmodes/internal/audit"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
	"orgmodes/internal/worker"
)

func TestMain(m *testing.M) {
	// The clock for a reader's Date header runs until the process ends, and its cleaner
	// sleeps for 10 s at a time.
	storetest.Main(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

var auditPage = postgres.AuditFilter{Limit: 10}

var ada = audit.Attribution{Actor: audit.Actor{Kind: audit.User, ID: "ada", Name: "Ada"}, RequestID: "r", Source: "test"}

var testTimeout = storetest.WaitTimeout

// world is a Postgres, a Redis and the workers between them.
type world struct {
	t     testing.TB
	owner string
	app   string
	// pool runs the queries of tests as the owner of the tables, many times a second while
	// they wait. A new connection for each would cost more than the tested code.
	pool  *pgxpool.Pool
	db    *postgres.DB
	redis *storetest.RedisServer
	store *pubstore.Store
	org   organization.Organization
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, owner: storetest.Postgres(t), redis: storetest.Redis(t)}
	w.app = storetest.AppURL(t, w.owner)
	w.pool = openPool(t, w.owner)
	w.db, w.store = w.connect()
	var err error
	w.org, err = w.db.CreateOrganization(t.Context(), ada, "acme", "Acme")
	require.NoError(t, err)
	return w
}

// openPool opens connections that cache no plans: tests change the tables that plans depend
// on.
func openPool(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	require.NoError(t, err)
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(t.Context()), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func (w *world) connect() (*postgres.DB, *pubstore.Store) {
	w.t.Helper()
	db, err := postgres.Open(w.t.Context(), w.app)
	require.NoError(w.t, err)
	w.t.Cleanup(db.Close)
	store, err := pubstore.Open(w.redis.URL, pubstore.Options{Timeout: testTimeout})
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = store.Close() })
	return db, store
}

// startWorker starts a worker; stop stops it and waits until it has ended.
func (w *world) startWorker(builtins ...modes.Mode) (running *worker.Worker, stop func()) {
	w.t.Helper()
	if builtins == nil {
		builtins = modes.Builtins()
	}
	db, store := w.connect()
	running = worker.New(worker.Config{DB: db, Redis: store, Log: testLogger(w.t), Builtins: builtins})
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- running.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		require.NoError(w.t, <-done)
	}
	w.t.Cleanup(stop)
	return running, stop
}

func mode(slug string) modes.Mode {
	return modes.Mode{Slug: slug, Name: "The " + slug, Config: modes.Config{
		RoleDefinition: "You are " + slug, Groups: []modes.Group{{Name: "read"}},
	}}
}

func (w *world) create(slug string) modes.OrganizationMode {
	w.t.Helper()
	m, err := w.db.Modes.Create(w.t.Context(), ada, w.org.ID, mode(slug))
	require.NoError(w.t, err)
	return m
}

// waitPublished waits until Redis has the organization at its current revision and Postgres has
// recorded that. It also waits until Redis is marked as filled, which happens after all
// documents and tokens are written.
func (w *world) waitPublished() *pubstore.Document {
	w.t.Helper()
	revision, err := w.db.Revision(w.t.Context(), w.org.ID)
	require.NoError(w.t, err)
	var got *pubstore.Document
	w.await(func() error {
		d, err := w.store.Document(w.t.Context(), w.org.ID.String())
		if err != nil {
			return err
		}
		if d.Version.Revision != revision {
			return fmt.Errorf("revision %d is published, want %d", d.Version.Revision, revision)
		}
		got = d
		if st, err := w.store.State(w.t.Context()); err != nil || st.Fill != pubstore.Filled {
			return errors.Join(fmt.Errorf("it is %s", st.Fill), err)
		}
		return w.nothingPending()
	})
	return got
}

func (w *world) nothingPending() error {
	p, err := w.db.CountPending(w.t.Context())
	if err == nil && p != (postgres.Pending{}) {
		err = fmt.Errorf("still pending: %+v", p)
	}
	return err
}

func (w *world) await(check func() error) {
	w.t.Helper()
	w.awaitFor(testTimeout, check)
}

func (w *world) awaitFor(timeout time.Duration, check func() error) {
	w.t.Helper()
	deadline := time.After(timeout)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			require.NoError(w.t, err, "waited %s", timeout)
		case <-tick.C:
		}
	}
}

func (w *world) exec(statement string, args ...any) {
	w.t.Helper()
	_, err := w.pool.Exec(w.t.Context(), statement, args...)
	require.NoError(w.t, err)
}

// checkZero returns an error with the count, unless that is 0.
func (w *world) checkZero(count string) error {
	w.t.Helper()
	var n int
	if err := w.pool.QueryRow(w.t.Context(), count).Scan(&n); err != nil || n > 0 {
		return errors.Join(err, fmt.Errorf("there are %d: %s", n, count))
	}
	return nil
}

func body(t *testing.T, d *pubstore.Document, name string) string {
	t.Helper()
	r := d.Find(name)
	require.NotNil(t, r, name)
	b, err := r.Identity()
	require.NoError(t, err)
	return string(b)
}

func (w *world) member(email string) uuid.UUID {
	w.t.Helper()
	u, err := w.db.CreateUser(w.t.Context(), ada, email, "Somebody", "")
	require.NoError(w.t, err)
	require.NoError(w.t, w.db.AddMember(w.t.Context(), ada, w.org.ID, u.ID, "member"))
	return u.ID
}

// token creates a token of a user that grants access to the world's organization and to
// others.
func (w *world) token(user uuid.UUID, others ...uuid.UUID) (postgres.Token, token.Hash) {
	w.t.Helper()
	whole, tok := w.mintToken(w.keys(), user, others...)
	return tok, token.HashOf([]byte(whole))
}

func (w *world) keys() *token.Keys {
	w.t.Helper()
	keys, err := token.ParseKeys("k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE")
	require.NoError(w.t, err)
	return keys
}

// mintToken creates a token as token does, and returns the whole token.
func (w *world) mintToken(keys *token.Keys, user uuid.UUID, others ...uuid.UUID) (string, postgres.Token) {
	w.t.Helper()
	whole := keys.Mint()
	tok, err := w.db.CreateToken(w.t.Context(), ada, postgres.NewToken{
		Token: whole, Name: "laptop", User: user, Scopes: []string{"read"}, Organizations: append([]uuid.UUID{w.org.ID}, others...),
	})
	require.NoError(w.t, err)
	return whole, tok
}

// waitRecord waits until the token's record in Redis satisfies want.
func (w *world) waitRecord(h token.Hash, want func(*pubstore.Token) bool) {
	w.t.Helper()
	w.await(func() error {
		got, err := w.store.Token(w.t.Context(), h)
		if err == nil && !want(got) {
			err = fmt.Errorf("the record is %+v", got)
		}
		return err
	})
}
