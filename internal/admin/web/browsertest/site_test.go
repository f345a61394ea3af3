package browsertest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"orgmodes/internal/admin"
	"orgmodes/internal/admin/password"
	"orgmodes/internal/audit"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/listen"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/pubstore"
	"orgmodes/internal/reader"
	"orgmodes/internal/token"
	"orgmodes/internal/worker"
)

func TestMain(m *testing.M) {
	flag.Parse()
	parallel := fmt.Sprint(2 * runtime.GOMAXPROCS(0)) // tests wait about as much as they work
	flag.Visit(func(f *flag.Flag) {
		if f.Name == "test.parallel" {
			parallel = f.Value.String()
		}
	})
	_ = flag.Set("test.parallel", parallel)
	// Download the browser and axe-core before the first test's clock starts. Tests that need
	// them report an error.
	_, _ = findChromium()
	_, _ = axeSource()
	storetest.AtEnd(sharedChromium.close)
	storetest.Main(m,
		// fasthttp's own goroutines: they check every ten seconds, or never, whether to
		// exit.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		// The goroutines that compress pages wait for the next one forever.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp/stackless.funcWorker"),
	)
}

// patience is how long a test waits for an event that should take moments. No test fails
// because a machine is slow.
const patience = 5 * time.Minute

const testPassword = "correct horse battery"

var operator = audit.Attribution{
	Actor: audit.Actor{Kind: audit.Operator, ID: "root", Name: "root"}, RequestID: "setup", Source: "command line",
}

// site holds all programs, which run in this process, and the organization acme.
type site struct {
	t     *testing.T
	db    *postgres.DB
	redis *storetest.RedisServer
	// ownerURL is the address of the database, for the owner of the tables.
	ownerURL string
	// url and readerURL are the addresses of admin and reader.
	url, readerURL string
	keys           *token.Keys
	acme           organization.Organization
	// Users of Acme by role, and one of another organization.
	owner, admin, member, stranger postgres.User
	editorToken                    string
	kinds                          []postgres.Decoder
	// routes lists all routes of admin.
	routes []fiber.Route
	// log holds the log of admin.
	log *syncBuffer
	// stopWorker stops the worker early: changes saved after that stay pending.
	stopWorker func()
}

// newSite starts all programs, with additional kinds of objects. It makes the test
// parallel, as tests wait more than they work.
func newSite(t *testing.T, kinds ...postgres.Decoder) *site {
	t.Helper()
	t.Parallel()
	s := &site{kinds: kinds, t: t, ownerURL: storetest.Postgres(t), redis: storetest.Redis(t), log: &syncBuffer{}}
	var err error
	s.db = s.openDB()
	s.keys, err = token.ParseKeys("k1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	require.NoError(t, err)
	s.startWorker()
	s.startReader()
	s.startAdmin()
	s.acme = s.createOrganization("acme", "Acme Robotics")
	s.owner = s.createUser("Olive Owner", "owner@acme.example", s.acme, "owner")
	s.admin = s.createUser("Ada Admin", "admin@acme.example", s.acme, "admin")
	s.member = s.createUser("Mel Member", "member@acme.example", s.acme, "member")
	s.stranger = s.createUser("Stan Stranger", "stan@other.example", s.createOrganization("other", "Other"), "owner")
	s.editorToken = s.keys.Mint()
	_, err = s.db.CreateToken(t.Context(), operator, postgres.NewToken{
		Token: s.editorToken, Name: "editor", User: s.owner.ID, Scopes: []string{"read"}, Organizations: []uuid.UUID{s.acme.ID},
	})
	require.NoError(t, err)
	return s
}

// openDB returns a dedicated connection pool. Connecting may take long, so its timeout is
// patience.
func (s *site) openDB() *postgres.DB {
	s.t.Helper()
	u, err := url.Parse(storetest.AppURL(s.t, s.ownerURL))
	require.NoError(s.t, err)
	query := u.Query()
	query.Set("connect_timeout", fmt.Sprint(int(patience.Seconds())))
	u.RawQuery = query.Encode()
	db, err := postgres.Open(context.WithoutCancel(s.t.Context()), u.String())
	require.NoError(s.t, err)
	s.t.Cleanup(db.Close)
	for _, k := range s.kinds {
		db.Register(k)
	}
	return db
}

// background runs a function until the test ends, or until stop is called.
func (s *site) background(run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
	})
	s.t.Cleanup(stop)
	return stop
}

func (s *site) openStore() *pubstore.Store {
	s.t.Helper()
	store, err := pubstore.Open(s.redis.URL, pubstore.Options{Timeout: 30 * time.Second})
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = store.Close() })
	return store
}

func (s *site) startWorker() {
	w := worker.New(worker.Config{DB: s.openDB(), Redis: s.openStore(), Log: slog.New(slog.DiscardHandler), Builtins: modes.Builtins()})
	s.stopWorker = s.background(w.Run)
}

func (s *site) startReader() {
	r, err := reader.New(reader.Options{
		Log: slog.New(slog.DiscardHandler), Store: s.openStore(), LogStore: s.openStore(), Keys: s.keys,
		PollInterval: 5 * time.Minute, CacheBytes: 64 << 20, Metrics: prometheus.NewRegistry(), AuthMaxStale: 15 * time.Minute,
	})
	require.NoError(s.t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(s.t, err)
	s.readerURL = "http://" + ln.Addr().String()
	s.background(func(ctx context.Context) error { r.Follow(ctx); return nil })
	s.background(func(ctx context.Context) error {
		go func() {
			<-ctx.Done()
			_ = r.Shutdown(context.WithoutCancel(ctx))
		}()
		return r.Serve(ln)
	})
}

func (s *site) startAdmin() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(s.t, err)
	s.url = "http://" + ln.Addr().String()
	public, err := url.Parse(s.url)
	require.NoError(s.t, err)
	app, err := admin.New(admin.Options{
		DB: s.db, Keys: s.keys, Builtins: modes.Builtins(), Public: public, PublicReader: s.readerURL,
		Log: slog.New(slog.NewTextHandler(s.log, nil)), PublishWait: patience, Deadline: patience,
	})
	require.NoError(s.t, err)
	s.routes = app.GetRoutes(true)
	server := listen.NewServer(app)
	s.background(func(ctx context.Context) error {
		go func() {
			<-ctx.Done()
			bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			_ = server.Shutdown(bounded)
		}()
		return server.Serve(ln)
	})
}

func (s *site) createOrganization(slug, name string) organization.Organization {
	s.t.Helper()
	o, err := s.db.CreateOrganization(s.t.Context(), operator, slug, name)
	require.NoError(s.t, err)
	return o
}

// passwordHash returns the hash of testPassword. It is computed once, as this takes a
// while.
var passwordHash = sync.OnceValues(func() (string, error) { return password.Hash(testPassword) })

func (s *site) createUser(name, email string, org organization.Organization, role string) postgres.User {
	s.t.Helper()
	hash, err := passwordHash()
	require.NoError(s.t, err)
	u, err := s.db.CreateUser(s.t.Context(), operator, email, name, hash)
	require.NoError(s.t, err)
	require.NoError(s.t, s.db.AddMember(s.t.Context(), operator, org.ID, u.ID, role))
	return u
}

// byUser returns u as the actor of a change.
func byUser(u postgres.User) audit.Attribution {
	return audit.Attribution{Actor: audit.Actor{Kind: audit.User, ID: u.ID.String(), Name: u.Name}, RequestID: "setup", Source: "test"}
}

// createSession creates a session of a user, and returns the value of its cookie.
func (s *site) createSession(u postgres.User) string {
	s.t.Helper()
	secret := rand.Text() + rand.Text()
	hash := sha256.Sum256([]byte(secret))
	require.NoError(s.t, s.db.CreateSession(s.t.Context(), hash[:], u.ID, time.Now().Add(time.Hour)))
	return secret
}

// execSQL runs a statement as the owner of the tables.
func (s *site) execSQL(statement string, args ...any) {
	s.t.Helper()
	storetest.AsOwner(s.t, s.ownerURL, func(ctx context.Context, conn *pgx.Conn) {
		_, err := conn.Exec(ctx, statement, args...)
		require.NoError(s.t, err)
	})
}

// createMode adds a mode to Acme.
func (s *site) createMode(slug, name string, change ...func(*modes.Mode)) modes.OrganizationMode {
	s.t.Helper()
	m := modes.Mode{Slug: slug, Name: name, Config: modes.Config{
		RoleDefinition: "You are " + name + ", and you know what you do.", Description: "What " + name + " is for",
		WhenToUse: "When it is time for " + name + ".", Groups: []modes.Group{{Name: "read"}},
	}}
	for _, f := range change {
		f(&m)
	}
	out, err := s.db.Modes.Create(s.t.Context(), byUser(s.owner), s.acme.ID, m)
	require.NoError(s.t, err)
	return out
}

// servedModes returns the modes that an editor of Acme gets: the organization's own.
func (s *site) servedModes() (string, error) { return s.getRepresentation("organization.yaml") }

// getRepresentation returns a representation of Acme as the reader serves it.
func (s *site) getRepresentation(representation string) (string, error) {
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.readerURL+"/api/organizations/"+s.acme.ID.String()+"/"+representation, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+s.editorToken)
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d %s", res.StatusCode, body)
	}
	return string(body), err
}

// readerServes waits until the reader serves exactly Acme's modes with these slugs, in this
// order.
func (s *site) readerServes(slugs ...string) {
	s.t.Helper()
	s.await(func() error {
		body, err := s.servedModes()
		if err != nil {
			return err
		}
		got := []string{}
		for line := range strings.Lines(body) {
			if _, slug, ok := strings.Cut(line, "- slug: "); ok {
				got = append(got, strings.Trim(strings.TrimSpace(slug), `"'`))
			}
		}
		if strings.Join(got, " ") != strings.Join(slugs, " ") {
			return fmt.Errorf("the reader serves %v, want %v", got, slugs)
		}
		return nil
	})
}

// readerHas waits until the reader serves modes that contain text.
func (s *site) readerHas(text string) {
	s.t.Helper()
	s.await(func() error {
		body, err := s.servedModes()
		if err == nil && !strings.Contains(body, text) {
			err = fmt.Errorf("the reader doesn't serve %q", text)
		}
		return err
	})
}

// await repeats check until it succeeds.
func (s *site) await(check func() error) {
	s.t.Helper()
	require.NoError(s.t, s.eventually(check))
}

// eventually repeats check until it succeeds. After patience it returns the last error.
func (s *site) eventually(check func() error) error {
	deadline := time.After(patience)
	// Poll less often over time: each check takes time from the work it waits for.
	for pause := 20 * time.Millisecond; ; pause = min(pause*3/2, 200*time.Millisecond) {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-deadline:
			return fmt.Errorf("after %s: %w", patience, err)
		case <-s.t.Context().Done():
			return err
		case <-time.After(pause):
		}
	}
}

// syncBuffer is a buffer for concurrent use.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (g *syncBuffer) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.b.Write(p)
}

func (g *syncBuffer) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.b.String()
}
