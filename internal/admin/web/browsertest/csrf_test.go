package browsertest

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/prove"
)

// post sends a form with a user's session, as a program can do.
func (s *site) post(path, session string, headers map[string]string, fields url.Values) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+path, strings.NewReader(fields.Encode()))
	require.NoError(s.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "text/html")
	if session != "" {
		req.AddCookie(&http.Cookie{Name: "orgmodes", Value: session})
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	req.Close = true
	res, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(s.t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	return res.StatusCode, html.UnescapeString(string(body))
}

func TestForgedFormIsRefused(t *testing.T) {
	prove.Long(t) // a second site
	s := newSite(t)
	m := s.createMode("docs-writer", "Docs writer")
	fields := url.Values{"mode": {m.ID.String() + ":1"}}
	session := s.createSession(s.owner)
	for name, headers := range map[string]map[string]string{
		"another site":   {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
		"another origin": {"Origin": "https://evil.example"},
		"a sandbox":      {"Origin": "null"},
		"a subdomain":    {"Sec-Fetch-Site": "same-site", "Origin": s.url},
		"no token":       {"Sec-Fetch-Site": "same-origin", "Origin": s.url},
		"nothing":        {},
	} {
		status, _ := s.post("/orgs/acme/modes/deletions", session, headers, fields)
		require.Equal(t, http.StatusForbidden, status, name)
	}
	s.readerServes("docs-writer")

	// A signed-in browser opens an attacker's page. That page is on the same host, so the
	// browser sends the cookie along.
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `<!doctype html><form method=post action="%s/orgs/acme/modes/deletions"><input name=mode value="%s:1"></form><script>document.forms[0].submit()</script>`, s.url, m.ID)
	}))
	t.Cleanup(evil.Close)
	b := s.browser().signIn(s.owner)
	b.expectConsole("status of 403", "favicon")
	b.do(navigate(evil.URL))
	b.waitFor(`document.querySelector("h1")?.textContent === "Not allowed"`)
	b.text("main").has("This request came from another site, so it was refused.")
	b.checkA11yAndConsole()
	s.readerServes("docs-writer")

	// The sign-in form doesn't accept requests from another site either.
	status, _ := s.post("/sign-in", "", map[string]string{"Origin": evil.URL}, url.Values{"email": {"owner@acme.example"}, "password": {testPassword}})
	require.Equal(t, http.StatusForbidden, status)
}

func TestWrongPasswordsLookAlikeAndAreLimited(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	try := func(email string) (int, string) {
		return s.post("/sign-in", "", nil, url.Values{"email": {email}, "password": {"wrong"}})
	}
	known, body := try("owner@acme.example")
	unknown, other := try("nobody@acme.example")
	require.Equal(t, http.StatusUnauthorized, known)
	require.Equal(t, known, unknown)
	require.Contains(t, body, "Incorrect email address or password")
	require.Contains(t, other, "Incorrect email address or password")
	for range 9 {
		try("owner@acme.example")
	}
	status, body := try("owner@acme.example")
	require.Equal(t, http.StatusTooManyRequests, status)
	require.Contains(t, body, "Too many wrong passwords; try again in")
}
