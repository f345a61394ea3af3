package api_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"orgmodes/internal/admin"
	"orgmodes/internal/audit"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/listen"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
)

func TestMain(m *testing.M) {
	storetest.Main(m,
		// fasthttp's own goroutines: they check every ten seconds, or never, whether to exit.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
	)
}

var operator = audit.Attribution{
	Actor:     audit.Actor{Kind: audit.Operator, ID: "root", Name: "root"},
	RequestID: "setup", Source: "command line",
}

const goodPassword = "correct horse battery"

// site is the app, serving on a real port over a real database.
type site struct {
	t        testing.TB
	db       *postgres.DB
	ownerURL string
	url      string
	keys     *token.Keys
	log      *bytes.Buffer
	acme     organization.Organization
	// Users of Acme, and one of another organization.
	owner, admin, member, stranger postgres.User
	// write is a token of the owner with both scopes.
	write  string
	client *http.Client
}

func newSite(t testing.TB, change ...func(*admin.Options)) *site {
	t.Helper()
	s := &site{t: t, ownerURL: storetest.Postgres(t), log: &bytes.Buffer{}}
	ctx := t.Context()
	var err error
	s.db, err = postgres.Open(context.WithoutCancel(ctx), storetest.AppURL(t, s.ownerURL))
	require.NoError(t, err)
	t.Cleanup(s.db.Close)
	s.keys, err = token.ParseKeys("k1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	require.NoError(t, err)

	s.acme = s.organization("acme")
	s.owner = s.user("olive", s.acme, "owner")
	s.admin = s.user("ada", s.acme, "admin")
	s.member = s.user("mel", s.acme, "member")
	s.stranger = s.user("stan", s.organization("other"), "owner")
	s.write = s.token(s.owner, s.acme, "read", "write")

	s.serve(change...)
	return s
}

// newServer starts a second process over the same database.
func (s *site) newServer() *site {
	s.t.Helper()
	other := *s
	other.serve()
	return &other
}

// serve starts the app on a port.
func (s *site) serve(change ...func(*admin.Options)) {
	t := s.t
	t.Helper()
	ctx := t.Context()
	public, err := url.Parse("http://localhost:8080")
	require.NoError(t, err)
	o := admin.Options{
		DB: s.db, Keys: s.keys, Builtins: modes.Builtins(), Public: public, PublicReader: "https://reader.example",
		Log: slog.New(slog.NewTextHandler(&logBuffer{b: s.log}, nil)), PublishWait: 20 * time.Millisecond,
		Deadline: storetest.WaitTimeout,
	}
	for _, c := range change {
		c(&o)
	}
	app, err := admin.New(o)
	require.NoError(t, err)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.url = "http://" + listener.Addr().String()
	ended := make(chan error, 1)
	server := listen.NewServer(app)
	go func() { ended <- server.Serve(listener) }()
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	s.client = &http.Client{Transport: transport, Timeout: storetest.WaitTimeout}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), storetest.WaitTimeout)
		defer cancel()
		require.NoError(t, server.Shutdown(bounded))
		require.NoError(t, <-ended)
	})
}

func (s *site) organization(slug string) organization.Organization {
	s.t.Helper()
	o, err := s.db.CreateOrganization(s.t.Context(), operator, slug, strings.ToUpper(slug))
	require.NoError(s.t, err)
	return o
}

func (s *site) user(name string, org organization.Organization, role string) postgres.User {
	s.t.Helper()
	u, err := s.db.CreateUser(s.t.Context(), operator, name+"@"+org.Slug+".example", name, passwordHash)
	require.NoError(s.t, err)
	require.NoError(s.t, s.db.AddMember(s.t.Context(), operator, org.ID, u.ID, role))
	return u
}

// passwordHash has the lowest cost, and so does comparing it. The real cost is covered
// by the tests of package password.
var passwordHash = func() string {
	h, err := argon2id.CreateHash(goodPassword, &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		panic(err)
	}
	return h
}()

func (s *site) token(u postgres.User, org organization.Organization, scopes ...string) string {
	s.t.Helper()
	secret := s.keys.Mint()
	_, err := s.db.CreateToken(s.t.Context(), operator, postgres.NewToken{
		Token: secret, Name: "test", User: u.ID, Scopes: scopes, Organizations: []uuid.UUID{org.ID},
	})
	require.NoError(s.t, err)
	return secret
}

// sql runs a statement as the owner of the tables.
func (s *site) sql(statement string, args ...any) {
	s.t.Helper()
	storetest.AsOwner(s.t, s.ownerURL, func(ctx context.Context, conn *pgx.Conn) {
		_, err := conn.Exec(ctx, statement, args...)
		require.NoError(s.t, err)
	})
}

// count runs a query that returns one number.
func (s *site) count(query string, args ...any) int {
	s.t.Helper()
	var n int
	storetest.AsOwner(s.t, s.ownerURL, func(ctx context.Context, conn *pgx.Conn) {
		require.NoError(s.t, conn.QueryRow(ctx, query, args...).Scan(&n))
	})
	return n
}

// answer is a response that has been read completely.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
}

// json decodes the body.
func (a answer) json() map[string]any {
	a.t.Helper()
	var v map[string]any
	require.NoError(a.t, json.Unmarshal(a.body, &v), "%d %s", a.status, a.body)
	return v
}

// problem requires that the answer is a problem with the status and the code.
func (a answer) problem(status int, code string) map[string]any {
	a.t.Helper()
	require.Equal(a.t, status, a.status, "%s", a.body)
	require.Equal(a.t, "application/problem+json", a.header.Get("Content-Type"))
	require.Equal(a.t, "no-store", a.header.Get("Cache-Control"))
	p := a.json()
	require.Equal(a.t, code, p["code"], "%s", a.body)
	require.Equal(a.t, "/problems/"+code, p["type"])
	require.InDelta(a.t, status, p["status"], 0)
	require.NotEmpty(a.t, p["title"])
	require.NotEmpty(a.t, p["detail"])
	require.Equal(a.t, a.header.Get("X-Request-Id"), p["request_id"])
	return p
}

// ok requires that the answer has the status.
func (a answer) ok(status int) answer {
	a.t.Helper()
	require.Equal(a.t, status, a.status, "%s", a.body)
	return a
}

// do sends a request. A path that begins with "/" is relative to
// /api/v1/organizations/acme; an absolute path begins with "!". headers are name-value
// pairs.
func (s *site) do(method, path, bearer, body string, headers ...string) answer {
	s.t.Helper()
	whole, ok := strings.CutPrefix(path, "!")
	if !ok {
		whole = "/api/v1/organizations/acme" + path
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+whole, strings.NewReader(body))
	require.NoError(s.t, err)
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := s.client.Do(req)
	require.NoError(s.t, err)
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	a := answer{s.t, res.StatusCode, res.Header, data}
	loadOpenAPI().check(s.t, method, req.URL.EscapedPath(), a)
	return a
}

func modeJSON(slug, role string) string {
	return `{"slug":"` + slug + `","name":"The ` + slug + `","config":{"roleDefinition":"` + role + `","groups":["read"],"iconName":"codicon-book"}}`
}

// create creates a mode and returns its ETag.
func (s *site) create(slug string) string {
	s.t.Helper()
	a := s.do("POST", "/modes", s.write, modeJSON(slug, "You write.")).ok(201)
	return a.header.Get("ETag")
}
