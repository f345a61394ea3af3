package admin_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin"
	"orgmodes/internal/audit"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/listen"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
)

// waitTimeout bounds how long a test waits for what should take milliseconds.
var waitTimeout = storetest.WaitTimeout

// testServer is the app behind the listener that programs use. Tests talk to it in raw bytes.
type testServer struct {
	t        *testing.T
	owner    string // URL of the role that owns the tables
	db       *postgres.DB
	org      organization.Organization
	listener *listen.Listener
	// routes are all routes of the app.
	routes []fiber.Route
}

func newTestServer(t *testing.T, stall time.Duration, change func(*admin.Options)) *testServer {
	t.Helper()
	ctx := t.Context()
	w := &testServer{t: t, owner: storetest.Postgres(t)}
	var err error
	w.db, err = postgres.Open(context.WithoutCancel(ctx), storetest.AppURL(t, w.owner))
	require.NoError(t, err)
	t.Cleanup(w.db.Close)
	w.org, err = w.db.CreateOrganization(ctx, setupActor, "acme", "Acme")
	require.NoError(t, err)
	keys, err := token.ParseKeys("k1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	require.NoError(t, err)
	public, err := url.Parse("http://localhost:8080")
	require.NoError(t, err)
	o := admin.Options{DB: w.db, Keys: keys, Builtins: modes.Builtins(), Log: slog.New(slog.DiscardHandler), Public: public}
	change(&o)
	app, err := admin.New(o)
	require.NoError(t, err)
	w.routes = app.GetRoutes(true)
	w.listener, err = listen.TCP(ctx, "127.0.0.1:0", listen.Options{
		Log: o.Log, Limits: listen.Limits{Total: 1000, PerAddress: 1000}, Stall: stall,
	})
	require.NoError(t, err)
	ended := make(chan error, 1)
	server := listen.NewServer(app)
	go func() { ended <- server.Serve(w.listener) }()
	t.Cleanup(func() {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), waitTimeout)
		defer cancel()
		require.NoError(t, server.Shutdown(bounded))
		require.NoError(t, <-ended)
		require.Eventually(t, func() bool { return w.listener.Open() == 0 }, waitTimeout, 5*time.Millisecond, "streams end with the server")
	})
	return w
}

var setupActor = audit.Attribution{Actor: audit.Actor{Kind: audit.Operator, ID: "root", Name: "root"}, RequestID: "setup", Source: "command line"}

// user creates a user with a role and returns a session's cookie.
func (w *testServer) user(role string) (cookie string, user postgres.User) {
	w.t.Helper()
	user, err := w.db.CreateUser(w.t.Context(), setupActor, strings.ToLower(rand.Text())+"@acme.example", "Somebody", "")
	require.NoError(w.t, err)
	require.NoError(w.t, w.db.AddMember(w.t.Context(), setupActor, w.org.ID, user.ID, role))
	return w.session(user), user
}

func (w *testServer) session(user postgres.User) (cookie string) {
	w.t.Helper()
	secret := rand.Text() + rand.Text()
	hash := sha256.Sum256([]byte(secret))
	require.NoError(w.t, w.db.CreateSession(w.t.Context(), hash[:], user.ID, time.Now().Add(time.Hour)))
	return "Cookie: orgmodes=" + secret
}

// send writes a request's header, and its body if any.
func (w *testServer) send(line, body string, headers ...string) net.Conn {
	w.t.Helper()
	c, err := (&net.Dialer{}).DialContext(w.t.Context(), "tcp", w.listener.Addr().String())
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = c.Close() })
	require.NoError(w.t, c.SetDeadline(time.Now().Add(waitTimeout)))
	text := line + " HTTP/1.1\r\nHost: localhost:8080\r\n" + strings.Join(append(headers, ""), "\r\n") + "\r\n" + body
	_, err = io.WriteString(c, text)
	require.NoError(w.t, err)
	return c
}

func (w *testServer) answer(c net.Conn) (status int, header http.Header, body string) {
	w.t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(w.t, err)
	b, err := io.ReadAll(res.Body)
	require.NoError(w.t, err)
	return res.StatusCode, res.Header, string(b)
}

// post sends a form with one field, in a body of the given size.
func (w *testServer) post(path string, size int, headers ...string) (int, http.Header, string) {
	w.t.Helper()
	return w.postBody(path, "text="+strings.Repeat("<", size-len("text=")), headers...)
}

// postField sends a form with one field, whose value has the given size.
func (w *testServer) postField(path, name string, size int) (int, http.Header, string) {
	w.t.Helper()
	return w.postBody(path, name+"="+strings.Repeat("x", size))
}

func (w *testServer) postBody(path, body string, headers ...string) (int, http.Header, string) {
	w.t.Helper()
	return w.answer(w.send("POST "+path, body, append(headers, "Accept: text/html", "Content-Type: application/x-www-form-urlencoded",
		fmt.Sprint("Content-Length: ", len(body)))...))
}

func TestAnonymousFormIsBounded(t *testing.T) {
	w := newTestServer(t, 0, func(*admin.Options) {})
	status, _, page := w.post("/orgs/acme/modes/new", 100<<10)
	require.Equal(t, 401, status)
	require.Contains(t, page, "your form is saved")
	require.Contains(t, page, `name="kept"`)

	// The first is too large only when encoded: base64 makes it a third longer.
	for _, size := range []int{450 << 10, 520 << 10} {
		status, _, page = w.post("/orgs/acme/modes/new", size)
		require.Equal(t, 401, status)
		require.Contains(t, page, "too large to be saved")
		require.NotContains(t, page, `name="kept"`)
		require.Less(t, len(page), 32<<10)
	}

	for _, size := range []int{600 << 10, 9 << 20} {
		status, _, page = w.post("/orgs/acme/modes/import", size)
		require.Equal(t, 401, status)
		require.Contains(t, page, "so this one was discarded")
		require.Less(t, len(page), 32<<10)
	}
	// Values put into the sign-in form by hand are bounded in the same way.
	for _, field := range []string{"kept", "email"} {
		for size, redisplayed := range map[int]bool{100: true, 550 << 10: false} {
			status, _, page = w.postField("/sign-in", field, size)
			require.Equal(t, 401, status)
			require.Equal(t, redisplayed, strings.Contains(page, strings.Repeat("x", 50)), "%d bytes of %s", size, field)
			require.Less(t, len(page), 32<<10)
		}
	}
}

func TestFormOfOtherSessionIsBounded(t *testing.T) {
	w := newTestServer(t, 0, func(*admin.Options) {})
	cookie, _ := w.user("owner")
	status, _, page := w.post("/orgs/acme/modes/new", 100<<10, cookie)
	require.Equal(t, 403, status)
	require.Contains(t, page, "Everything that you typed is here")
	status, _, page = w.post("/orgs/acme/modes/import", 9<<20, cookie)
	require.Equal(t, 403, status)
	require.Contains(t, page, "too large to be saved")
	require.Less(t, len(page), 64<<10)
}

func TestBodyLimitDependsOnSender(t *testing.T) {
	w := newTestServer(t, 0, func(*admin.Options) {})
	owner, _ := w.user("owner")
	member, _ := w.user("member")
	// None of the bodies is ever sent: the header decides.
	announce := func(path string, size int, headers ...string) (int, string) {
		t.Helper()
		status, header, body := w.answer(w.send("POST "+path, "", append(headers, "Content-Type: application/json", fmt.Sprint("Content-Length: ", size))...))
		require.Equal(t, status == 401, header.Get("WWW-Authenticate") != "")
		var problem struct{ Code string }
		require.NoError(t, json.Unmarshal([]byte(body), &problem), body)
		return status, problem.Code
	}
	const api = "/api/v1/organizations/acme/modes/import"
	for name, c := range map[string]struct {
		size    int
		headers []string
		status  int
		code    string
	}{
		"a stranger":          {65 << 10, nil, 401, "unauthenticated"},
		"a made-up session":   {65 << 10, []string{"Cookie: orgmodes=x"}, 401, "session_ended"},
		"a made-up token":     {65 << 10, []string{"Authorization: Bearer omt_k1_x"}, 401, "token_refused"},
		"a member":            {3 << 20, []string{member}, 413, "body_too_large"},
		"an owner, beyond it": {11 << 20, []string{owner}, 413, "body_too_large"},
	} {
		status, code := announce(api, c.size, c.headers...)
		require.Equal(t, c.status, status, name)
		require.Equal(t, c.code, code, name)
	}
	// Senders who are allowed this size are asked for the body.
	for name, c := range map[string]struct {
		cookie string
		size   int
	}{"member": {member, 1 << 20}, "owner": {owner, 9 << 20}} {
		body := strings.Repeat("x", c.size)
		status, _, answer := w.answer(w.send("POST "+api, body, c.cookie, "Content-Type: application/json", fmt.Sprint("Content-Length: ", c.size)))
		require.Equal(t, 403, status, "%s: %s", name, answer) // because the CSRF token is missing
	}
}

func TestStreamsAreLimited(t *testing.T) {
	w := newTestServer(t, 0, func(o *admin.Options) { o.MaxStreams = 25 })
	cookie, user := w.user("member")
	open := func(cookie string) (status int, header http.Header, c net.Conn, body *bufio.Reader) {
		t.Helper()
		c = w.send("GET /orgs/acme/events", "", cookie, "Accept: text/event-stream")
		body = bufio.NewReader(c)
		res, err := http.ReadResponse(body, nil)
		require.NoError(t, err)
		return res.StatusCode, res.Header, c, body
	}
	var first net.Conn
	for i := range 12 {
		status, header, c, body := open(cookie)
		require.Equal(t, 200, status)
		require.Equal(t, "text/event-stream", header.Get("Content-Type"))
		require.Equal(t, "no-store", header.Get("Cache-Control"))
		if i == 0 {
			first = c
			for _, want := range []string{"retry: 1000\n", "\n", "id: ", "event: state\n", "data: {"} {
				line, err := body.ReadString('\n')
				require.NoError(t, err)
				require.True(t, strings.HasPrefix(line, want), line)
			}
		}
	}
	status, header, _, _ := open(cookie)
	require.Equal(t, 429, status, "of one session")
	require.Equal(t, "10", header.Get("Retry-After"))
	another := w.session(user)
	for range 8 {
		status, _, _, _ = open(another)
		require.Equal(t, 200, status)
	}
	status, _, _, _ = open(another)
	require.Equal(t, 429, status, "of one user")
	other, _ := w.user("member")
	for range 5 {
		status, _, _, _ = open(other)
		require.Equal(t, 200, status)
	}
	status, header, _, _ = open(other)
	require.Equal(t, 503, status, "of all")
	require.Equal(t, "10", header.Get("Retry-After"))
	status, _, _ = w.answer(w.send("GET /orgs/acme/modes", "", cookie, "Accept: text/html"))
	require.Equal(t, 200, status, "pages are loaded as ever")

	require.NoError(t, first.Close())
	require.Eventually(t, func() bool { status, _, _, _ := open(other); return status == 200 }, waitTimeout, 5*time.Millisecond,
		"a stream that was left makes room at once")
}

// A stream holds its stacks and a few small values, none of the request's buffers, and
// nothing once it has ended.
func TestStreamHoldsLittleMemory(t *testing.T) {
	w := newTestServer(t, 0, func(*admin.Options) {})
	const users, each = 10, 12
	cookies := make([]string, users)
	for i := range cookies {
		cookies[i], _ = w.user("member")
	}
	open := func(cookie string) net.Conn {
		t.Helper()
		c := w.send("GET /orgs/acme/events", "", cookie, "Accept: text/event-stream")
		body := bufio.NewReader(c)
		for line := ""; !strings.HasPrefix(line, "data: "); {
			var err error
			line, err = body.ReadString('\n')
			require.NoError(t, err)
		}
		return c
	}
	openAll := func() (streams []net.Conn) {
		t.Helper()
		for _, cookie := range cookies {
			for range each {
				streams = append(streams, open(cookie))
			}
		}
		return streams
	}
	closeAll := func(streams []net.Conn) {
		t.Helper()
		for _, c := range streams {
			require.NoError(t, c.Close())
		}
		require.Eventually(t, func() bool { return w.listener.Open() == 1 }, waitTimeout, 5*time.Millisecond)
	}
	used := func() (heap, stacks int64) {
		var m runtime.MemStats
		for range 3 { // the second collection empties the pools
			runtime.GC()
		}
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc), int64(m.StackInuse)
	}
	perStream := func(now, before int64) int64 { return (now - before) / (users * each) }
	// One more stream stays open all the time. So all measurements include what the
	// streams share: the connection on which Postgres sends notifications.
	another, _ := w.user("member")
	shared := open(another)
	owner, err := pgx.Connect(t.Context(), w.owner)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		var listening bool
		err := owner.QueryRow(t.Context(), `select exists (select from pg_stat_activity
			where datname = current_database() and query = 'listen orgmodes_organizations' and state = 'idle')`).Scan(&listening)
		return err == nil && listening
	}, waitTimeout, 5*time.Millisecond)
	require.NoError(t, owner.Close(t.Context()))
	closeAll(openAll()) // the first streams make allocations that later ones reuse
	heap, stacks := used()
	streams := openAll()
	openHeap, openStacks := used()
	closeAll(streams)
	endHeap, _ := used()
	require.NoError(t, shared.Close())
	t.Logf("bytes a stream: heap %d, stacks %d; once it has ended: heap %d",
		perStream(openHeap, heap), perStream(openStacks, stacks), perStream(endHeap, heap))
	// The heap differs by no more than some 100 bytes between runs. It includes the test's
	// own end of the connection. Stacks are allocated in pages that other goroutines
	// return.
	require.Less(t, perStream(openHeap, heap), int64(4<<10))
	require.Less(t, perStream(openStacks, stacks), int64(16<<10))
	require.Less(t, perStream(endHeap, heap), int64(1536), "an ended stream leaves nothing behind")
}

func TestStalledClientsAreDisconnected(t *testing.T) {
	w := newTestServer(t, 200*time.Millisecond, func(*admin.Options) {})
	cookie, _ := w.user("owner")
	// A large file: modes whose prompts total megabytes.
	for i := range 10 {
		_, err := w.db.Modes.Create(t.Context(), setupActor, w.org.ID, modes.Mode{
			Slug: fmt.Sprint("mode-", i), Name: "Mode", Config: modes.Config{RoleDefinition: strings.Repeat("<&> ", 60<<10), Groups: []modes.Group{{Name: "read"}}},
		})
		require.NoError(t, err)
	}
	const pipelined = 10 // more than fits into the kernel's buffers
	for range 2 {
		one := "GET /orgs/acme/modes/export?format=yaml HTTP/1.1\r\nHost: localhost:8080\r\n" + cookie + "\r\n\r\n"
		w.send("GET /orgs/acme/modes/export?format=yaml", strings.Repeat(one, pipelined-1), cookie)
	}
	require.Eventually(t, func() bool { return w.listener.Open() > 0 }, waitTimeout, time.Millisecond)
	require.Eventually(t, func() bool { return w.listener.Open() == 0 }, waitTimeout, 5*time.Millisecond, "all of them are cut")
}
