package admin_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"orgmodes/internal/admin"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
)

// tracedApp is the admin program over a database whose queries are recorded. Its user
// is an owner of Acme and a member of Beta, and can't see Foreign.
type tracedApp struct {
	t      *testing.T
	app    *fiber.App
	db     *postgres.DB
	traced *statements
	keys   *token.Keys
	user   postgres.User
	// orgs holds the ids of the organizations by their slugs.
	orgs map[string]uuid.UUID
	// cookie is the cookie of one session of the user, and otherCookie that of another.
	cookie, otherCookie string
}

func newTracedApp(t *testing.T) *tracedApp {
	t.Helper()
	c := &tracedApp{t: t, traced: &statements{}, orgs: map[string]uuid.UUID{}}
	var err error
	c.db, err = postgres.Open(context.WithoutCancel(t.Context()), storetest.AppURL(t, storetest.Postgres(t)), postgres.WithTracer(c.traced))
	require.NoError(t, err)
	t.Cleanup(c.db.Close)
	c.keys, err = token.ParseKeys("k1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	require.NoError(t, err)
	c.app, err = admin.New(admin.Options{
		DB: c.db, Keys: c.keys, Builtins: modes.Builtins(), Log: slog.New(slog.DiscardHandler),
		Public: &url.URL{Scheme: "http", Host: "localhost:8080"}, Deadline: storetest.WaitTimeout,
	})
	require.NoError(t, err)
	w := &testServer{t: t, db: c.db}
	for _, slug := range []string{"acme", "beta", "gone", "foreign"} {
		org, err := c.db.CreateOrganization(t.Context(), setupActor, slug, strings.ToUpper(slug))
		require.NoError(t, err)
		c.orgs[slug] = org.ID
		if slug == "acme" {
			w.org = org
			c.cookie, c.user = w.user("owner")
		}
	}
	require.NoError(t, c.db.AddMember(t.Context(), setupActor, c.orgs["beta"], c.user.ID, "member"))
	require.NoError(t, c.db.AddMember(t.Context(), setupActor, c.orgs["gone"], c.user.ID, "owner"))
	c.cookie = strings.TrimPrefix(c.cookie, "Cookie: ")
	c.otherCookie = strings.TrimPrefix(w.session(c.user), "Cookie: ")
	return c
}

// token creates an access token and returns the header to send it in. It was used
// recently, so its next use is not recorded.
func (c *tracedApp) token(scopes string, slugs ...string) []string {
	c.t.Helper()
	secret := c.keys.Mint()
	n := postgres.NewToken{Token: secret, Name: "editor", User: c.user.ID, Scopes: strings.Split(scopes, ",")}
	for _, slug := range slugs {
		n.Organizations = append(n.Organizations, c.orgs[slug])
	}
	_, err := c.db.CreateToken(c.t.Context(), setupActor, n)
	require.NoError(c.t, err)
	header := []string{"Authorization", "Bearer " + secret}
	c.do("GET", "/api/v1/session", "", header...)
	return header
}

// do sends a request to the app, through everything but the network.
func (c *tracedApp) do(method, path, body string, headers ...string) *fasthttp.Response {
	c.t.Helper()
	var req fasthttp.Request
	req.Header.SetMethod(method)
	req.SetRequestURI(path)
	req.Header.SetHost("localhost:8080")
	req.Header.Set("X-Request-Id", "the-request")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	req.SetBodyString(body)
	ctx := &fasthttp.RequestCtx{}
	ctx.Init(&req, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, nil)
	c.app.Handler()(ctx)
	return &ctx.Response
}

// queries sends a request, checks the status of the answer, and returns the names of
// the queries that it took. It requires that none is sent twice with the same
// arguments.
func (c *tracedApp) queries(status int, method, path, body string, headers ...string) []string {
	c.t.Helper()
	c.traced.take()
	answer := c.do(method, path, body, headers...)
	require.Equal(c.t, status, answer.StatusCode(), "%s %s: %s", method, path, answer.Body())
	sent := map[string]bool{}
	var names []string
	for _, s := range c.traced.take() {
		m := queryName.FindStringSubmatch(s.sql)
		if m == nil {
			continue // begin and commit of a transaction
		}
		key := fmt.Sprint(s.sql, s.args)
		require.False(c.t, sent[key], "%s %s: %s is sent twice", method, path, m[1])
		sent[key] = true
		names = append(names, m[1])
	}
	return names
}

const form = "application/x-www-form-urlencoded"

func TestAuthenticatedRequestSendsNoQueryTwice(t *testing.T) {
	c := newTracedApp(t)
	page := []string{"Cookie", c.cookie, "Accept", "text/html"}
	session := []string{"Cookie", c.cookie}
	bearer := c.token("read,write", "acme")
	several := c.token("read", "acme", "beta")
	inHeader := func(ref string) []string { return append(slices.Clip(bearer), "X-KiloCode-OrganizationId", ref) }
	const tools = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	mcp := append(slices.Clip(bearer), "Content-Type", "application/json", "Accept", "application/json, text/event-stream")
	foreign, absent := c.orgs["foreign"].String(), uuid.NewString()

	const bySession, byToken, enters = "GetSessionUser", "GetTokenByHash", "ListMemberships"
	for _, r := range []struct {
		method, path, body string
		headers            []string
		status             int
		want               []string
	}{
		{"GET", "/orgs/acme", "", page, 303, []string{bySession, enters}},
		{"GET", "/orgs/acme/modes/export", "", page, 200, []string{bySession, enters, "ListModeSummaries", "CountModesBeside", "MeasureResources"}},
		{"GET", "/orgs/foreign", "", page, 404, []string{bySession, enters}},
		{"GET", "/orgs/absent", "", page, 404, []string{bySession, enters}},
		{"GET", "/orgs/" + foreign, "", page, 404, []string{bySession, enters}},
		{"POST", "/orgs/acme/modes/order", "slug=code", append(slices.Clip(page), "Content-Type", form), 403, []string{bySession}},

		{"GET", "/api/v1/organizations/acme", "", session, 200, []string{bySession, enters, "GetPublicationStatus", "GetPublication"}},
		{"GET", "/api/v1/organizations/foreign", "", session, 404, []string{bySession, enters}},
		{"GET", "/api/v1/organizations", "", session, 200, []string{bySession, enters}},

		{"GET", "/api/v1/organizations/acme", "", bearer, 200, []string{byToken, enters, "GetPublicationStatus", "GetPublication"}},
		{"GET", "/api/v1/organizations/beta", "", bearer, 404, []string{byToken, enters}},
		{"GET", "/api/v1/organizations/" + foreign, "", bearer, 404, []string{byToken, enters}},
		{"GET", "/api/v1/organizations/" + absent, "", bearer, 404, []string{byToken, enters}},
		{"GET", "/api/v1/organizations", "", bearer, 200, []string{byToken, enters}},
		{"GET", "/api/v1/session", "", bearer, 200, []string{byToken, enters}},

		{"GET", "/api/templates", "", bearer, 200, []string{byToken, enters, "ListResources"}},
		{"GET", "/api/templates", "", several, 400, []string{byToken, enters}},
		{"GET", "/api/templates", "", inHeader("acme"), 200, []string{byToken, enters, "ListResources"}},
		{"GET", "/api/templates", "", inHeader(foreign), 404, []string{byToken, enters}},
		{"GET", "/api/templates", "", inHeader("absent"), 404, []string{byToken, enters}},

		{"POST", "/mcp", tools, mcp, 200, []string{byToken, enters}},
	} {
		require.Equal(t, r.want, c.queries(r.status, r.method, r.path, r.body, r.headers...), "%s %s", r.method, r.path)
	}
}
