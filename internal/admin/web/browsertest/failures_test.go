package browsertest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/prove"
)

// sendRaw sends a request as is, and returns the response.
func (s *site) sendRaw(request string) (*http.Response, string) {
	s.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(s.t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	require.NoError(s.t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(s.t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, request)
	require.NoError(s.t, err)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(s.t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	return res, string(body)
}

// Requests that are refused before they reach a handler are also answered with an error page
// and a request id.
func TestEarlyFailuresHaveErrorPages(t *testing.T) { //nolint:tparallel // each part takes a moment
	s := newSite(t)
	const page = " HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n"
	tooLarge := fmt.Sprintf("Content-Length: %d\r\n\r\n", 30<<20) + strings.Repeat("x", 30<<20)
	for name, c := range map[string]struct {
		request string
		status  int
		says    string
	}{
		"a path outside of organizations": {"GET /nowhere" + page + "\r\n", 404, "Page not found"},
		"a method that the path does not take": {
			"POST /orgs/acme/modes/deleted" + page + "Content-Length: 0\r\n\r\n", 405, "Method not allowed",
		},
		"a body that is far too large, by a client that sends before it reads": {
			"POST /orgs/acme/modes/import" + page + "Cookie: orgmodes=" + s.createSession(s.owner) + "\r\n" + tooLarge, 413, "Request too large",
		},
		"the same, by a stranger":    {"POST /orgs/acme/modes/import" + page + tooLarge, 401, "You are signed out"},
		"a method that nobody knows": {"BREW /orgs/acme/modes" + page + "\r\n", 405, "Method not allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			res, body := s.sendRaw(c.request)
			id := res.Header.Get("X-Request-Id")
			require.NotEmpty(t, id)
			require.Equal(t, "nosniff", res.Header.Get("X-Content-Type-Options"))
			require.Contains(t, res.Header.Get("Content-Type"), "text/html")
			require.Equal(t, c.status, res.StatusCode)
			require.Contains(t, body, "<h1>"+c.says+"</h1>")
			require.Contains(t, body, "request <code>"+id+"</code>")
		})
	}
	// If a request can't be parsed as HTTP, it is unknown whether it is for a page. It is
	// answered as the API answers.
	for name, c := range map[string]struct {
		request string
		status  int
	}{
		"headers that are too large": {"GET /" + page + "Cookie: a=" + strings.Repeat("x", 20<<10) + "\r\n\r\n", 431},
		"no HTTP":                    {"hello\r\n\r\n", 400},
	} {
		t.Run(name, func(t *testing.T) {
			res, body := s.sendRaw(c.request)
			require.Equal(t, c.status, res.StatusCode)
			require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))
			require.Contains(t, body, fmt.Sprintf(`"request_id":%q`, res.Header.Get("X-Request-Id")))
		})
	}
}

// The same for a large upload in a browser.
func TestOversizedUploadHasErrorPage(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	b := s.browser().signIn(s.owner).withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/modes/import"))
	b.expectConsole("status of 413")
	b.upload("#import-files", s.writeFile("large.yaml", strings.Repeat("# much too large\n", 40<<20/17)))
	b.click("form.import button.primary")
	b.waitForText("h1", "Request too large")
	b.waitForText("main", "A request can have at most 10 MiB; split it.")
	b.waitForText("main", "Nothing was changed. Go back, and send less at once.")
	b.waitForText("main", "413 · request ")
	b.screenshot("failure-413")
	b.checkConsole()
	s.readerServes("docs-writer")
}
