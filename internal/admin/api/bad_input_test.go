package api_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
)

func TestBadInput(t *testing.T) {
	s := newSite(t)
	tag := s.create("docs")
	good := modeJSON("x", "You write.")
	unknown := uuid.NewString()

	cases := []struct {
		name         string
		method, path string
		body         string
		headers      []string
		status       int
		code         string
		says         string
	}{
		{"unknown organization by slug", "GET", "!/api/v1/organizations/nope", "", nil, 404, "organization_not_found", ""},
		{"unknown organization by id", "GET", "!/api/v1/organizations/" + unknown + "/modes", "", nil, 404, "organization_not_found", ""},
		{"an organization that is no text", "GET", "!/api/v1/organizations/%00%ff", "", nil, 400, "malformed_path", ""},
		{"unknown mode", "GET", "/modes/nope", "", nil, 404, "not_found", ""},
		{"unknown mode by id", "GET", "/modes/" + unknown, "", nil, 404, "not_found", ""},
		{"malformed mode", "GET", "/modes/%20%22", "", nil, 404, "not_found", ""},
		{"unknown mode to replace", "PUT", "/modes/nope", good, []string{"If-Match", `"` + unknown + `.1"`}, 404, "not_found", ""},
		{"unknown mode to patch", "PATCH", "/modes/nope", `{}`, nil, 404, "not_found", ""},
		{"unknown token", "DELETE", "/tokens/" + unknown, "", nil, 404, "not_found", ""},
		{"malformed token", "DELETE", "/tokens/1", "", nil, 404, "not_found", ""},
		{"malformed member", "DELETE", "/members/1", "", nil, 404, "not_found", ""},
		{"malformed invitation", "DELETE", "/invitations/1", "", nil, 404, "not_found", ""},
		{"unknown invitation", "DELETE", "/invitations/" + unknown, "", nil, 404, "not_found", ""},
		{"unknown member", "PUT", "/members/" + unknown, `{"role":"admin"}`, nil, 404, "not_found", ""},
		{"unknown path", "GET", "!/api/v1/nope", "", nil, 404, "path_unknown", ""},
		{"unknown path elsewhere below /api", "GET", "!/api/nope", "", nil, 404, "path_unknown", ""},

		{"no body", "POST", "/modes", "", []string{"Content-Type", "application/json"}, 400, "malformed_json", ""},
		{"not JSON", "POST", "/modes", "{\n  \"slug\": oops}", nil, 400, "malformed_json", `"line":2`},
		{"garbage behind JSON", "POST", "/modes", good + "}", nil, 400, "malformed_json", `"line":1`},
		{"a name twice in JSON", "POST", "/modes", `{"slug":"a","slug":"b","name":"x","config":{"roleDefinition":"r","groups":[]}}`, nil, 422, "invalid_mode", "/slug"},
		{"not YAML", "POST", "/modes", "slug: [a\nname: b", []string{"Content-Type", "application/yaml"}, 400, "malformed_yaml", `"line":`},
		{"no mode", "POST", "/modes", `[]`, nil, 422, "invalid_mode", ""},
		{"a broken rule", "POST", "/modes", `{"slug":"a b","name":" ","config":{"groups":["fly"]}}`, nil, 422, "invalid_mode", "Mode slug must contain only letters, numbers, and hyphens"},
		{"a regex that isn't one", "POST", "/modes", "slug: a\nname: A\nroleDefinition: r\ngroups:\n- [edit, {fileRegex: '('}]\n", []string{"Content-Type", "text/yaml"}, 422, "invalid_mode", `"line":5`},
		{"no Content-Type", "POST", "/modes", good, []string{"Content-Type", ""}, 415, "unsupported_media_type", ""},
		{"another Content-Type", "POST", "/modes", good, []string{"Content-Type", "text/csv"}, 415, "unsupported_media_type", "application/yaml"},
		{"a patch in YAML", "PATCH", "/modes/docs", "name: x", []string{"Content-Type", "application/yaml"}, 415, "unsupported_media_type", "merge-patch"},
		{"a patch that is no object", "PATCH", "/modes/docs", `[1]`, nil, 400, "malformed_patch", ""},
		{"a patch that breaks a rule", "PATCH", "/modes/docs", `{"name":null}`, nil, 422, "invalid_mode", "Mode name is required"},
		{"a compressed body", "POST", "/modes", "\x1f\x8b", []string{"Content-Encoding", "gzip"}, 415, "unsupported_content_encoding", ""},
		{"a compressed form", "POST", "/modes/import", "\x1f\x8b", []string{"Content-Encoding", "br", "Content-Type", "multipart/form-data; boundary=x"}, 415, "unsupported_content_encoding", ""},
		{"a character that can't be stored", "POST", "/modes", `{"slug":"nul","name":"x","config":{"roleDefinition":"a\u0000b","groups":[]}}`, nil, 422, "", ""},

		{"no If-Match on replace", "PUT", "/modes/docs", good, nil, 428, "precondition_required", "ETag"},
		{"no If-Match on delete", "DELETE", "/modes/docs", "", nil, 428, "precondition_required", ""},
		{"If-Match without quotes", "DELETE", "/modes/docs", "", []string{"If-Match", "abc"}, 400, "malformed_if_match", ""},
		{"a stale If-Match", "DELETE", "/modes/docs", "", []string{"If-Match", strings.Replace(tag, ".1", ".7", 1)}, 412, "version_conflict", ""},
		{"a weak If-Match", "DELETE", "/modes/docs", "", []string{"If-Match", "W/" + tag}, 412, "weak_if_match", "weak tag (W/) never matches"},
		{"only weak tags in If-Match", "PATCH", "/modes/docs", `{"name":"x"}`, []string{"If-Match", `W/"a", W/` + tag}, 412, "weak_if_match", ""},
		{"a weak and a stale tag in If-Match", "DELETE", "/modes/docs", "", []string{"If-Match", `W/"a", "b"`}, 412, "version_conflict", ""},
		{"a stale patch", "PATCH", "/modes/docs", `{"name":"x"}`, []string{"If-Match", `"x"`}, 412, "version_conflict", `"yours":{"name":"x"}`},
		{"a slug that is taken", "POST", "/modes", modeJSON("DOCS", "x"), nil, 409, "slug_taken", `A mode with the slug \"DOCS\" already exists in this organization`},

		{"no number of entries", "GET", "/modes?limit=many", "", nil, 400, "malformed_query", "limit"},
		{"none of the entries", "GET", "/audit?limit=0", "", nil, 400, "malformed_query", "limit"},
		{"a made-up cursor", "GET", "/audit?cursor=%21", "", nil, 400, "malformed_query", "cursor"},
		{"a made-up view", "GET", "/modes?view=x", "", nil, 400, "malformed_query", "view"},
		{"a made-up time", "GET", "/audit?since=yesterday", "", nil, 400, "malformed_query", "since"},

		{"an unknown field", "POST", "/invitations", `{"email":"a@b","role":"member","x":1}`, nil, 422, "invalid_body", `"pointer":"/x"`},
		{"a field twice", "POST", "/invitations", `{"email":"a@b","email":"c@d"}`, nil, 422, "invalid_body", `"pointer":"/email"`},
		{"a field of another type", "POST", "/tokens", `{"name":1}`, nil, 422, "invalid_body", `"pointer":"/name"`},
		{"garbage behind a small body", "POST", "/tokens", "{}\n{}", nil, 400, "malformed_json", `"line":2`},
		{"half a small body", "POST", "/tokens", `{"name":`, nil, 400, "malformed_json", "the end of the text"},
		{"a small body in YAML", "POST", "/tokens", "name: x", []string{"Content-Type", "application/yaml"}, 415, "unsupported_media_type", ""},
		{"a large small body", "POST", "/tokens", `{"name":"` + strings.Repeat("x", 70<<10) + `"}`, nil, 413, "body_too_large", ""},
		{"a role that isn't one", "POST", "/invitations", `{"email":"mel@acme.example","role":"king"}`, nil, 422, "invalid_member", "/role"},
		{"no address", "POST", "/invitations", `{"email":"nobody","role":"member"}`, nil, 422, "invalid_invitation", "/email"},
		{"a member already", "POST", "/invitations", `{"email":"MEL@acme.example","role":"member"}`, nil, 409, "already_member", ""},
		{"a token without a name", "POST", "/tokens", `{"name":" "}`, nil, 422, "invalid_token", "/name"},
		{"a token of unknown scope", "POST", "/tokens", `{"name":"x","scopes":["read","root"]}`, nil, 403, "forbidden", "root"},
		{"a token of the past", "POST", "/tokens", `{"name":"x","expires_at":"2020-01-01T00:00:00Z"}`, nil, 422, "invalid_token", "/expires_at"},

		{"not a modes file", "POST", "/modes/import", "# A readme\n\nHello", []string{"Content-Type", "text/plain"}, 422, "not_a_modes_file", ""},
		{"a form without a file", "POST", "/modes/import", "--x--", []string{"Content-Type", "multipart/form-data; boundary=x"}, 400, "malformed_form", ""},
		{"a dry run of sorts", "POST", "/modes/import?dry_run=maybe", "customModes: []", []string{"Content-Type", "text/yaml"}, 400, "malformed_query", ""},
	}
	before := s.count("select count(*) from audit_log")
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := s.do(c.method, c.path, s.write, c.body, c.headers...)
			a.t = t
			code := c.code
			if code == "" {
				code, _ = a.json()["code"].(string)
			}
			a.problem(c.status, code)
			require.Contains(t, string(a.body), c.says)
		})
	}
	require.Equal(t, before, s.count("select count(*) from audit_log"), "none of these changed anything")
	require.NotContains(t, s.log.String(), "level=ERROR")
}

func TestUnsupportedMethodIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.do("POST", "/modes/docs", s.write, "{}")
	a.problem(405, "method_not_allowed")
	require.ElementsMatch(t, []string{"GET", "HEAD", "PUT", "PATCH", "DELETE"}, strings.Split(a.header.Get("Allow"), ", "))
	s.do("PUT", "!/api/v1/organizations", s.write, "{}").problem(405, "method_not_allowed")
	require.Equal(t, "application/problem+json", s.do("BREW", "/modes", s.write, "").header.Get("Content-Type"))
}

func TestOversizedBodies(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	// Within the request's limit, but beyond the upload's.
	a := s.do("POST", "/modes/import", s.write, "customModes: []\n#"+strings.Repeat("x", 10<<20), "Content-Type", "text/yaml")
	a.problem(413, "upload_too_large")

	// Beyond the request's limit: refused based on the header, before any of the body is
	// sent.
	host := strings.TrimPrefix(s.url, "http://")
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", host)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(storetest.WaitTimeout)))
	_, err = fmt.Fprintf(conn, "POST /api/v1/organizations/acme/modes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n", s.write)
	require.NoError(t, err)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	require.Equal(t, 413, res.StatusCode)
	require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))

	// A single mode that is too large, in a request that isn't.
	s.do("POST", "/modes", s.write, modeJSON("big", strings.Repeat("x", 257<<10))).problem(422, "invalid_mode")
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	require.Equal(t, "client-1", s.do("GET", "/modes", s.write, "", "X-Request-Id", "client-1").header.Get("X-Request-Id"))
	forged := `r-1" level=ERROR msg="forged`
	generated := s.do("GET", "/modes", s.write, "", "X-Request-Id", forged).header.Get("X-Request-Id")
	require.NotEqual(t, forged, generated, "one that could forge a line of the log is not taken")
	require.NotEmpty(t, generated)
	s.do("POST", "/modes", s.write, modeJSON("docs", "x"), "X-Request-Id", "client-2").ok(201)
	require.Equal(t, 1, s.count("select count(*) from audit_log where request_id = 'client-2' and source = '127.0.0.1'"))
	s.do("POST", "/modes", s.write, modeJSON("docs2", "x"), "X-Request-Id", "client-3", "X-Forwarded-For", "203.0.113.9").ok(201)
	require.Equal(t, 1, s.count("select count(*) from audit_log where request_id = 'client-3' and source = '127.0.0.1'"), "nobody is trusted by default")
}

func TestInternalErrorsRevealNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.sql("alter table organization_modes rename to gone")
	a := s.do("GET", "/modes", s.write, "", "X-Request-Id", "broken-1")
	a.problem(500, "internal")
	require.NotContains(t, string(a.body), "organization_modes")
	require.Equal(t, 1, strings.Count(s.log.String(), "level=ERROR"), "logged once")
	require.Contains(t, s.log.String(), "request_id=broken-1")
	require.Contains(t, s.log.String(), "organization_modes")
}
