package reader

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/pubstore"
	"orgmodes/internal/token"
)

func TestEveryRepresentationIsServed(t *testing.T) {
	w := newWorld(t)
	org, tok := w.newOrganization()
	for path, name := range representationPaths(org) {
		a := w.get(path, tok)
		assert.Equal(t, 200, a.status, path)
		assert.Equal(t, string(bodyOf(org, name, 1)), string(a.body), path)
		assert.Equal(t, representationTypes[name], a.header.Get("Content-Type"))
		assert.Equal(t, "private, max-age=0, stale-if-error=86400", a.header.Get("Cache-Control"))
		assert.Equal(t, "Authorization, Accept-Encoding", a.header.Get("Vary"))
		assert.Equal(t, "300", a.header.Get("X-Poll-Interval"))
		assert.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
		assert.Equal(t, digestOf(a.body), a.header.Get("Repr-Digest"))
		assert.Regexp(t, `^"1\.1\.[0-9a-f]{16}"$`, a.header.Get("ETag"))
		assert.Empty(t, a.header.Get("Server"))
		assert.NotEmpty(t, a.header.Get("Date"))
	}
	a := w.get("/api/marketplace/modes", tok, "x-kilocode-organizationid", org)
	assert.Equal(t, 200, a.status)
	assert.Equal(t, string(bodyOf(org, "marketplace.yaml", 1)), string(a.body))
	assert.Equal(t, "Authorization, Accept-Encoding, X-KiloCode-OrganizationId", a.header.Get("Vary"))
	assert.Regexp(t, anyHit, a.header.Get("Cache-Status"))
}

func TestCacheStatusDistinguishesHitFromMiss(t *testing.T) {
	w := newWorld(t)
	org, tok := w.newOrganization()
	assert.Equal(t, "orgmodes; fwd=miss; stored", w.modes(org, tok).header.Get("Cache-Status"))
	assert.Regexp(t, anyHit, w.modes(org, tok).header.Get("Cache-Status"))
}

func TestHeadHasHeadersOfGetWithoutBody(t *testing.T) {
	w := newWorld(t)
	org, tok := w.newOrganization()
	for path := range representationPaths(org) {
		w.get(path, tok) // resident, so that Cache-Status agrees
		for _, accept := range []string{"", "gzip", "br", "zstd"} {
			get, head := w.get(path, tok, "Accept-Encoding", accept), w.request("HEAD", path, tok, "Accept-Encoding", accept)
			assert.Equal(t, 200, head.status)
			assert.Empty(t, head.body)
			assert.Equal(t, int64(len(get.body)), head.length)
			get.header.Del("Date")
			head.header.Del("Date")
			assert.Equal(t, get.header, head.header, path)
		}
	}
	refused := w.request("HEAD", "/api/organizations/"+org+"/modes", "")
	assert.Equal(t, 401, refused.status)
	assert.Empty(t, refused.body)
	assert.Positive(t, refused.length)
}

// requireProblem checks that an answer is a complete problem.
func requireProblem(t *testing.T, a answer, status int, code string) {
	t.Helper()
	require.Equal(t, status, a.status, string(a.body))
	assert.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
	assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
	assert.Empty(t, a.header.Get("ETag"))
	assert.Empty(t, a.header.Get("Server"))
	var p struct {
		Type, Title, Detail, Error string
		Status                     int
	}
	require.NoError(t, json.Unmarshal(a.body, &p), string(a.body))
	assert.Equal(t, "/problems/"+code, p.Type)
	assert.Equal(t, status, p.Status)
	assert.Equal(t, http.StatusText(status), p.Title)
	assert.NotEmpty(t, p.Detail)
	assert.Equal(t, p.Detail, p.Error)
	assert.Equal(t, status == 401, a.header.Get("WWW-Authenticate") != "")
	assert.Equal(t, status == 429 || status == 503, a.header.Get("Retry-After") != "")
	assert.Equal(t, status == 405, a.header.Get("Allow") == "GET, HEAD")
}

func TestInvalidTokensAreRefused(t *testing.T) {
	w := newWorld(t)
	org, good := w.newOrganization()
	revoked, rec := w.newToken(org)
	rec.Revoked, rec.Version = true, 2
	w.publishToken(rec)
	expiring := w.keys.Mint()
	r := recordOf(expiring, org)
	r.ExpiresAt = time.Now().Add(time.Hour)
	w.publishToken(r)
	require.Equal(t, 200, w.modes(org, expiring).status)
	w.advanceClock(time.Hour)
	w.writeWatermark(pubstore.Watermark{})
	unscoped := w.keys.Mint()
	r = recordOf(unscoped, org)
	r.Scopes = []string{"write", "reader", "rea"}
	w.publishToken(r)
	// After an hour without a watermark, the reader compares everything. Only then is an
	// absent token known to be absent. Until a watermark arrives, the reader can't tell
	// whether a token still counts, and answers 503.
	w.eventually(func() bool {
		w.writeWatermark(pubstore.Watermark{})
		a := w.modes(org, good)
		return w.Ready() == nil && a.status == 200 && a.header.Get("Cache-Status") == freshHit
	}, "it is fresh again")
	forged := good[:len(good)-1] + string("ab"[boolToInt(good[len(good)-1] == 'a')])

	for name, c := range map[string]struct{ authorization, code string }{
		"none":                 {"", "token_missing"},
		"another scheme":       {"Basic " + good, "token_missing"},
		"no scheme":            {good, "token_missing"},
		"nothing behind it":    {"Bearer ", "token_missing"},
		"garbage":              {"Bearer x", "token_refused"},
		"long garbage":         {"Bearer " + strings.Repeat("x", 2000), "token_refused"},
		"forged":               {"Bearer " + forged, "token_refused"},
		"two":                  {"Bearer " + good + " " + good, "token_refused"},
		"never published":      {"Bearer " + w.keys.Mint(), "token_refused"},
		"revoked":              {"Bearer " + revoked, "token_refused"},
		"expired":              {"Bearer " + expiring, "token_refused"},
		"of another scope":     {"Bearer " + unscoped, "token_scope_missing"},
		"of an unknown key":    {"Bearer " + strings.Replace(good, "k1", "k2", 1), "token_refused"},
		"in another case":      {"Bearer " + strings.ToUpper(good), "token_refused"},
		"with a control byte":  {"Bearer " + good + "\tx", "token_refused"},
		"refused before, too":  {"Bearer " + revoked, "token_refused"},
		"with a comma and two": {"Bearer " + good + ", Bearer " + good, "token_refused"},
	} {
		t.Run(name, func(t *testing.T) {
			var headers []string
			if c.authorization != "" {
				headers = []string{"Authorization", c.authorization}
			}
			requireProblem(t, w.modes(org, "", headers...), 401, c.code)
			requireProblem(t, w.get("/api/marketplace/modes", "", append(headers, "X-KiloCode-OrganizationId", org)...), 401, c.code)
		})
	}
	for _, scheme := range []string{"bearer ", "BEARER ", "Bearer   "} {
		assert.Equal(t, 200, w.modes(org, "", "Authorization", scheme+good).status, scheme)
	}
	requireProblem(t, w.modes(org, "", "Authorization", "Bearer "+good, "Authorization", "Bearer "+good), 401, "token_missing")
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestForgedTokensAreRefusedAndUnknownKeysRateLimited(t *testing.T) {
	now := time.Now() // fixed: the refill over time is tested below
	r, _, good := newOfflineReader(t, func() time.Time { return now })
	for range 1000 {
		// Well-formed, naming our key, but made with another one.
		forged := []byte(renameKey(mintElsewhere(t)))
		_, got := r.tokens.authenticate(forged, r.freshness.lease.Load(), r.clock.now())
		require.Contains(t, []authResult{authForged}, got)
	}
	// Of an unknown key: the record decides, but not for a flood.
	flood := func() (unknown int) {
		for range 1000 {
			_, got := r.tokens.authenticate([]byte(mintElsewhere(t)), r.freshness.lease.Load(), r.clock.now())
			if got == authUnknown {
				unknown++
			} else {
				require.Equal(t, authRateLimited, got)
			}
		}
		return unknown
	}
	assert.Equal(t, unknownKeyBurst, flood())
	assert.Zero(t, flood())
	now = now.Add(time.Second)
	assert.Equal(t, unknownKeyRate, flood(), "what is available again after a second")
	_, got := r.tokens.authenticate([]byte(good), r.freshness.lease.Load(), r.clock.now())
	assert.Equal(t, authOK, got)
}

// renameKey makes a token of another key name ours.
func renameKey(tok string) string { return strings.Replace(tok, "k9", "k1", 1) }

// mintElsewhere mints a token with a key that the reader doesn't have.
func mintElsewhere(t testing.TB) string {
	t.Helper()
	keys, err := token.ParseKeys("k9:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB")
	require.NoError(t, err)
	return keys.Mint()
}

// Organizations that a token can't read and organizations that don't exist get identical
// answers, byte for byte.
func TestForbiddenOrganizationLooksAbsent(t *testing.T) {
	w := newWorld(t)
	_, tok := w.newOrganization()
	other, otherTok := w.newOrganization()
	require.Equal(t, 200, w.modes(other, otherTok).status)
	deleted := uuid.NewString()
	w.publishDocument(&pubstore.Document{Organization: deleted, Version: version(2), CommittedAt: time.Now(), Deleted: true})
	deletedTok, _ := w.newToken(deleted)

	notYours, notThere, gone := w.modes(other, tok), w.modes(uuid.NewString(), tok), w.modes(deleted, deletedTok)
	for _, a := range []answer{notYours, notThere, gone} {
		requireProblem(t, a, 404, "organization_unknown")
		a.header.Del("Date")
	}
	assert.Equal(t, notThere, notYours)
	assert.Equal(t, notThere, gone)
	// It is not even looked up: while Redis is unavailable the answer is the same.
	w.redis.Kill()
	a := w.modes(uuid.NewString(), tok)
	a.header.Del("Date")
	assert.Equal(t, notThere, a)
}

// IDs that differ only in one part, such as the first or last digits, are different.
func TestOrganizationIDsAreComparedInFull(t *testing.T) {
	w := newWorld(t)
	mine := uuid.New()
	w.publish(mine.String(), 1)
	for _, i := range []int{0, 7, 8, 15} {
		theirs := mine
		theirs[i]++
		w.publish(theirs.String(), 2)
		tok, _ := w.newToken(mine.String())
		both, _ := w.newToken(mine.String(), theirs.String())
		org, _ := revisionOf(t, w.modes(mine.String(), tok).body)
		assert.Equal(t, mine.String(), org)
		requireProblem(t, w.modes(theirs.String(), tok), 404, "organization_unknown")
		org, revision := revisionOf(t, w.modes(theirs.String(), both).body)
		assert.Equal(t, theirs.String(), org)
		assert.Equal(t, int64(2), revision)
	}
}

func TestMalformedOrConflictingOrganizationIDsAreRejected(t *testing.T) {
	w := newWorld(t)
	org, tok := w.newOrganization()
	for _, id := range []string{
		"x", "acme", org[:35], org + "0", strings.ReplaceAll(org, "-", ""), "{" + org + "}", "%7B" + org + "%7D",
		strings.Replace(org, "-", "_", 1), "%2e%2e", "..%2f" + org, strings.Repeat("a", 5000), org[:35] + "g", "%00",
	} {
		requireProblem(t, w.get("/api/organizations/"+id+"/modes", tok), 400, "organization_id_malformed")
	}
	assert.Equal(t, 200, w.modes(strings.ToUpper(org), tok).status)
	for _, name := range []string{"X-KiloCode-OrganizationId", "x-kilocode-organizationid", "X-KILOCODE-ORGANIZATIONID"} {
		assert.Equal(t, 200, w.modes(org, tok, name, org).status)
		assert.Equal(t, 200, w.modes(org, tok, name, strings.ToUpper(org)).status)
		requireProblem(t, w.modes(org, tok, name, uuid.NewString()), 400, "organization_header_disagrees")
		requireProblem(t, w.modes(org, tok, name, "acme"), 400, "organization_header_malformed")
		requireProblem(t, w.modes(org, tok, name, ""), 400, "organization_header_malformed")
	}
	requireProblem(t, w.modes(org, tok, "X-KiloCode-OrganizationId", org, "X-KiloCode-OrganizationId", uuid.NewString()),
		400, "organization_header_malformed")
	requireProblem(t, w.get("/api/marketplace/modes", tok, "X-KiloCode-OrganizationId", "acme"), 400, "organization_header_malformed")
}

func TestUnknownPathsAreNotFound(t *testing.T) {
	w := newWorld(t)
	org, tok := w.newOrganization()
	for _, path := range []string{
		"/", "/api", "/api/organizations", "/api/organizations/" + org, "/api/organizations/" + org + "/modes/",
		"/api/organizations/" + org + "/Modes", "/API/organizations/" + org + "/modes", "//api/organizations/" + org + "/modes",
		"/api//organizations/" + org + "/modes", "/api/organizations//modes", "/api/organizations/" + org + "//modes",
		"/api/organizations/" + org + "/modes.yml", "/api/organizations/" + org + "/modes.yaml/x",
		"/api/organizations/x/" + org + "/modes", "/api/organizations/" + org + "/%6dodes",
		"/api/organizations/" + org + "%2fmodes", "/api/organizations/../organizations/" + org + "/modes",
		"/api/marketplace/modes/", "/api/marketplace", "/metrics", "/livez", "/" + strings.Repeat("a", 4000),
	} {
		requireProblem(t, w.raw("GET "+path+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+tok+"\r\n\r\n"), 404, "path_unknown")
	}
	// The query after the path does not matter.
	assert.Equal(t, 200, w.get("/api/organizations/"+org+"/modes?x=/../y", tok).status)
	assert.Equal(t, 200, w.raw("GET http://anything/api/organizations/"+org+"/modes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+tok+"\r\n\r\n").status)
}

func TestOnlyGetAndHeadAreAllowed(t *testing.T) {
	w := newWorld(t)
	org, tok := w.newOrganization()
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO", "get"} {
		requireProblem(t, w.raw(method+" /api/organizations/"+org+"/modes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+tok+"\r\nContent-Length: 0\r\n\r\n"),
			405, "method_not_allowed")
	}
	requireProblem(t, w.request("POST", "/nowhere", tok), 404, "path_unknown")
}

func TestOversizedRequestsAreRejected(t *testing.T) {
	w := newWorld(t)
	org, tok := w.newOrganization()
	line := "GET /api/organizations/" + org + "/modes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + tok + "\r\n"
	requireProblem(t, w.raw(line+"Cookie: "+strings.Repeat("x", 9000)+"\r\n\r\n"), 431, "headers_too_large")
	requireProblem(t, w.raw("GET /"+strings.Repeat("x", 9000)+" HTTP/1.1\r\nHost: x\r\n\r\n"), 414, "uri_too_long")
	requireProblem(t, w.raw(line+"Content-Length: 100000\r\n\r\n"), 413, "body_too_large")
	requireProblem(t, w.raw("nonsense\r\n\r\n"), 400, "request_malformed")
	assert.Equal(t, 200, w.raw(line+"Content-Length: 2\r\n\r\nxx").status)
}

// raw sends a request byte for byte.
func (w *world) raw(request string) answer {
	w.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	require.NoError(w.t, err)
	defer conn.Close()
	require.NoError(w.t, conn.SetDeadline(time.Now().Add(testTimeout)))
	_, err = conn.Write([]byte(request))
	require.NoError(w.t, err)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(w.t, err)
	defer res.Body.Close()
	var body strings.Builder
	_, err = bufio.NewReader(res.Body).WriteTo(&body)
	require.NoError(w.t, err)
	return answer{res.StatusCode, res.Header, []byte(body.String()), res.ContentLength}
}

func TestUnpublishedOrganizationIsUnavailable(t *testing.T) {
	w := newWorld(t)
	org := uuid.NewString()
	tok, _ := w.newToken(org)
	a := w.modes(org, tok)
	requireProblem(t, a, 503, "not_published_yet")
	assert.Equal(t, "1", a.header.Get("Retry-After"))
	w.publish(org, 1)
	assert.Equal(t, 200, w.modes(org, tok).status)
}

func TestUnpublishedRepresentationIsUnavailable(t *testing.T) {
	w := newWorld(t)
	org := uuid.NewString()
	tok, _ := w.newToken(org)
	d := documentOf(t, org, version(1))
	d.Representations = d.Representations[:2]
	w.publishDocument(d)
	assert.Equal(t, 200, w.modes(org, tok).status)
	requireProblem(t, w.get("/api/organizations/"+org+"/marketplace.yaml", tok), 503, "not_published_yet")
}

func TestPublicCatalog(t *testing.T) {
	without := newWorld(t)
	a := without.get("/api/marketplace/modes", "")
	assert.Equal(t, 200, a.status)
	assert.Equal(t, "items: []\n", string(a.body))

	const catalog = "# ours\nitems:\n  - id: docs\n"
	with := newWorld(t, func(o *Options) { o.PublicCatalog = []byte(catalog) })
	a = with.get("/api/marketplace/modes", "")
	assert.Equal(t, catalog, string(a.body))
	assert.Equal(t, "application/yaml; charset=utf-8", a.header.Get("Content-Type"))
	assert.Equal(t, "Authorization, Accept-Encoding, X-KiloCode-OrganizationId", a.header.Get("Vary"))
	tag := a.header.Get("ETag")
	require.NotEmpty(t, tag)
	a = with.get("/api/marketplace/modes", "", "If-None-Match", tag)
	assert.Equal(t, 304, a.status)
	assert.Empty(t, a.body)
	// A tag of another reader, with another catalog.
	assert.Equal(t, 200, with.get("/api/marketplace/modes", "", "If-None-Match", `"9.9.0123456789abcdef"`).status)
	a = with.get("/api/marketplace/modes", "", "Accept-Encoding", "gzip")
	assert.Equal(t, "gzip", a.header.Get("Content-Encoding"))
	assert.Equal(t, digestOf(a.body), a.header.Get("Repr-Digest"))

	for _, bad := range []string{"modes: []\n", "items:\xff\n", "items:" + strings.Repeat("x", maxCatalog)} {
		_, err := preparePublic([]byte(bad))
		require.Error(t, err)
	}
}
