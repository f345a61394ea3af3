package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin"
)

func (s *site) signIn(email, pass string, headers ...string) answer {
	s.t.Helper()
	return s.do("POST", "!/api/v1/session", "", `{"email":"`+email+`","password":"`+pass+`"}`, headers...)
}

func TestSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	in := s.signIn("OLIVE@acme.example", goodPassword).ok(201)
	cookie := in.header.Get("Set-Cookie")
	require.True(t, strings.HasPrefix(cookie, "orgmodes="), cookie)
	require.Contains(t, cookie, "HttpOnly")
	require.Contains(t, cookie, "SameSite=Lax")
	require.NotContains(t, strings.ToLower(cookie), "; secure", "plain http on localhost")
	pair, _, _ := strings.Cut(cookie, ";")
	csrf := in.json()["csrf_token"].(string)
	require.Equal(t, 1, s.count("select count(*) from sessions where length(hash) = 32"), "only a hash is kept")

	session := s.do("GET", "!/api/v1/session", "", "", "Cookie", pair).ok(200).json()
	require.Equal(t, "olive@acme.example", session["user"].(map[string]any)["email"])
	require.Equal(t, "user", session["via"])
	require.Equal(t, csrf, session["csrf_token"])
	require.Len(t, session["organizations"], 1)

	// Reading needs the cookie; changing also needs the token that only our own pages
	// know.
	s.do("GET", "/modes", "", "", "Cookie", pair).ok(200)
	body := modeJSON("docs", "You write.")
	s.do("POST", "/modes", "", body, "Cookie", pair).problem(403, "csrf")
	s.do("POST", "/modes", "", body, "Cookie", pair, "X-CSRF-Token", strings.Repeat("0", 64)).problem(403, "csrf")
	s.do("POST", "/modes", "", body, "Cookie", pair, "X-CSRF-Token", csrf, "Origin", "https://evil.example").problem(403, "cross_origin")
	s.do("POST", "/modes", "", body, "Cookie", pair, "X-CSRF-Token", csrf, "Origin", "null").problem(403, "cross_origin")
	s.do("POST", "/modes", "", body, "Cookie", pair, "X-CSRF-Token", csrf, "Sec-Fetch-Site", "cross-site").problem(403, "cross_origin")
	s.do("POST", "/modes", "", body, "Cookie", pair, "X-CSRF-Token", csrf, "Sec-Fetch-Site", "same-site").problem(403, "cross_origin")
	s.do("POST", "/modes", "", body, "Cookie", pair, "X-CSRF-Token", csrf, "Sec-Fetch-Site", "same-origin", "Origin", s.url).ok(201)
	require.Equal(t, 1, s.count("select count(*) from audit_log where subject_kind = 'mode' and actor_kind = 'user' and actor_name = 'olive'"))

	// An access token needs none of that, and takes precedence over the cookie.
	s.do("POST", "/modes", s.write, modeJSON("docs2", "x"), "Origin", "https://evil.example").ok(201)
	require.Equal(t, "token", s.do("GET", "!/api/v1/session", s.write, "", "Cookie", pair).ok(200).json()["via"])

	s.do("DELETE", "!/api/v1/session", "", "", "Cookie", pair, "X-CSRF-Token", csrf).ok(204)
	s.do("GET", "!/api/v1/session", "", "", "Cookie", pair).problem(401, "session_ended")
	s.do("GET", "!/api/v1/session", "", "", "Cookie", "orgmodes=made-up").problem(401, "session_ended")
}

func TestSessionExpiryAndSignOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	in := s.signIn("olive@acme.example", goodPassword).ok(201)
	pair, _, _ := strings.Cut(in.header.Get("Set-Cookie"), ";")
	s.sql("update sessions set expires_at = now() - interval '1 second'")
	s.do("GET", "!/api/v1/session", "", "", "Cookie", pair).problem(401, "session_ended")

	in = s.signIn("olive@acme.example", goodPassword).ok(201)
	pair, _, _ = strings.Cut(in.header.Get("Set-Cookie"), ";")
	s.sql("update users set disabled_at = now() where name = 'olive'")
	s.do("GET", "!/api/v1/session", "", "", "Cookie", pair).problem(401, "session_ended")
	s.signIn("olive@acme.example", goodPassword).problem(401, "wrong_credentials")
}

func TestCookieOverHTTPS(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *admin.Options) { o.Public = &url.URL{Scheme: "https", Host: "modes.example"} })
	in := s.signIn("olive@acme.example", goodPassword, "Origin", "https://modes.example").ok(201)
	cookie, err := http.ParseSetCookie(in.header.Get("Set-Cookie"))
	require.NoError(t, err)
	require.Equal(t, "__Host-orgmodes", cookie.Name)
	require.True(t, cookie.Secure)
	require.Equal(t, "/", cookie.Path)
	require.Empty(t, cookie.Domain)
	require.NotEmpty(t, in.header.Get("Strict-Transport-Security"))
	require.Equal(t, "nosniff", in.header.Get("X-Content-Type-Options"))
}

func TestInvalidTokensAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	good := s.token(s.owner, s.acme, "read", "write")
	s.do("GET", "/modes", good, "").ok(200)
	refused := func(bearer string) {
		t.Helper()
		a := s.do("GET", "/modes", bearer, "")
		a.problem(401, "token_refused")
		require.Contains(t, a.header.Get("WWW-Authenticate"), `error="invalid_token"`)
	}
	refused("made-up")
	refused("omt_k1_" + strings.Repeat("A", 44))
	refused(s.keys.Mint()) // has our format, but there is no record of it
	s.do("GET", "/modes", "", "", "Authorization", "Basic b2xpdmU6eA==").problem(401, "unauthenticated")

	s.sql("update tokens set expires_at = now() - interval '1 second' where sha256 = sha256($1::bytea)", []byte(good))
	refused(good)
	revoked := s.token(s.owner, s.acme, "read")
	s.sql("update tokens set revoked_at = now() where sha256 = sha256($1::bytea)", []byte(revoked))
	refused(revoked)

	// A user who is no longer a member loses the access tokens, and doesn't get them back
	// on rejoining.
	mel := s.token(s.member, s.acme, "read")
	s.do("GET", "/modes", mel, "").ok(200)
	s.do("DELETE", "/members/"+s.member.ID.String(), s.write, "").ok(204)
	refused(mel)
	require.NoError(t, s.db.AddMember(t.Context(), operator, s.acme.ID, s.member.ID, "member"))
	refused(mel)

	ada := s.token(s.admin, s.acme, "read")
	s.do("GET", "/modes", ada, "").ok(200)
	_, err := s.db.SetDisabled(t.Context(), operator, s.admin.ID, true)
	require.NoError(t, err)
	refused(ada)
}
