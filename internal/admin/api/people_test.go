package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	created := s.do("POST", "/tokens", s.write, `{"name":"CI","scopes":["read","write"],"expires_at":"2999-01-01T00:00:00Z"}`).ok(201).json()
	secret := created["token"].(string)
	lastUsed := func() any {
		for _, tok := range s.do("GET", "/tokens", s.write, "").ok(200).json()["tokens"].([]any) {
			if tok.(map[string]any)["id"] == created["id"] {
				return tok.(map[string]any)["last_used_at"]
			}
		}
		return "it is not listed"
	}
	require.Nil(t, lastUsed())
	require.Equal(t, false, created["published"], "no worker runs here")
	s.do("POST", "/modes", secret, modeJSON("docs", "x")).ok(201)
	require.NotNil(t, lastUsed())
	list := s.do("GET", "/tokens", s.write, "").ok(200)
	require.NotContains(t, string(list.body), secret, "shown once")
	require.Contains(t, string(list.body), created["start"])
	require.Zero(t, s.count("select count(*) from audit_log where after::text like '%' || $1 || '%'", secret), "nor in the audit log")

	revoked := s.do("DELETE", "/tokens/"+created["id"].(string), s.write, "").ok(200).json()
	require.NotEmpty(t, revoked["revoked_at"])
	s.do("GET", "/modes", secret, "").problem(401, "token_refused")
	s.do("DELETE", "/tokens/"+created["id"].(string), s.write, "").ok(200) // revoking twice changes nothing
	require.Equal(t, 1, s.count("select count(*) from audit_log where action = 'token.revoke'"))
}

func TestTokenCreationWaitsForPublication(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *admin.Options) { o.PublishWait = 20 * time.Second })
	// As soon as there is a job for it, mark it as published, as a worker would.
	s.sql(`create function publish() returns trigger language plpgsql security definer as $$
		begin update tokens set published_version = version, pending_since = null; return new; end $$`)
	s.sql(`create constraint trigger publish after insert on river_job deferrable initially deferred for each row execute function publish()`)
	created := s.do("POST", "/tokens", s.write, `{"name":"Editor"}`).ok(201).json()
	require.Equal(t, true, created["published"])
	require.Equal(t, []any{"read"}, created["scopes"], "the least by default")
}

func TestMemberManagesOwnTokensOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mel := s.token(s.member, s.acme, "read", "write")
	s.do("POST", "/tokens", mel, `{"name":"mine"}`).ok(201)
	s.do("POST", "/tokens", mel, `{"name":"mine","scopes":["write"]}`).problem(403, "forbidden")
	require.Len(t, s.do("GET", "/tokens", mel, "").ok(200).json()["tokens"], 2, "their own")
	all := s.do("GET", "/tokens", s.write, "").ok(200).json()["tokens"].([]any)
	require.Len(t, all, 3)
	for _, tok := range all {
		id := tok.(map[string]any)["id"].(string)
		if tok.(map[string]any)["user"].(map[string]any)["name"] == "mel" {
			continue
		}
		s.do("DELETE", "/tokens/"+id, mel, "").problem(404, "not_found")
	}
	readOnly := s.token(s.owner, s.acme, "read")
	s.do("POST", "/tokens", readOnly, `{"name":"more"}`).problem(403, "forbidden")
	p := s.do("POST", "/tokens", s.write, `{"name":"more","scopes":["write"]}`).problem(422, "invalid_token")
	require.Equal(t, "/scopes", p["errors"].([]any)[0].(map[string]any)["pointer"])
}

// writeOnly returns a token of the owner as earlier releases created them.
func (s *site) writeOnly() string {
	s.t.Helper()
	secret := s.token(s.owner, s.acme, "read", "write")
	s.sql("update tokens set scopes = '{write}' where sha256 = sha256($1::bytea)", []byte(secret))
	return secret
}

// A token that an earlier release created with the write scope alone can't read the
// library: neither in answers to changes, nor in conflicts.
func TestWriteOnlyTokenCannotRead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tag := s.create("docs")
	writes := s.writeOnly()
	for _, r := range []struct{ method, path, body, ifMatch string }{
		{"GET", "/modes/docs", "", ""},
		{"PUT", "/modes/docs", modeJSON("docs", "x"), `"stale"`},
		{"PUT", "/modes/docs", modeJSON("docs", "x"), tag},
		{"PATCH", "/modes/docs", `{"name":"x"}`, ""},
		{"POST", "/modes", modeJSON("docs", "x"), ""},
		{"POST", "/modes/import?dry_run=true", `{"customModes":[]}`, ""},
		{"POST", "/templates/defaults", "", ""},
		{"PUT", "/members/" + s.member.ID.String(), `{"role":"admin"}`, ""},
		{"POST", "/invitations", `{"email":"x@acme.example","role":"member"}`, ""},
		{"POST", "/tokens", `{"name":"more","scopes":["read"]}`, ""},
	} {
		a := s.do(r.method, r.path, writes, r.body, "If-Match", r.ifMatch)
		p := a.problem(403, "forbidden")
		require.Contains(t, p["detail"], "read", r)
		require.NotContains(t, string(a.body), "You write.", r)
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.token(s.admin, s.acme, "read", "write")
	require.NoError(t, s.db.AddMember(t.Context(), operator, s.acme.ID, s.stranger.ID, "member"))
	require.Len(t, s.do("GET", "/members", ada, "").ok(200).json()["members"], 4)

	role := func(bearer, user, role string) answer {
		return s.do("PUT", "/members/"+user, bearer, `{"role":"`+role+`"}`)
	}
	require.Equal(t, "admin", role(ada, s.stranger.ID.String(), "admin").ok(200).json()["role"])
	role(ada, s.stranger.ID.String(), "owner").problem(403, "forbidden")
	role(ada, s.owner.ID.String(), "member").problem(403, "forbidden")
	s.do("DELETE", "/members/"+s.owner.ID.String(), ada, "").problem(403, "forbidden")

	role(s.write, s.owner.ID.String(), "admin").problem(409, "last_owner")
	s.do("DELETE", "/members/"+s.owner.ID.String(), s.write, "").problem(409, "last_owner")
	role(s.write, s.admin.ID.String(), "owner").ok(200)
	s.do("DELETE", "/members/"+s.owner.ID.String(), ada, "").ok(204) // an owner by now

	mel := s.token(s.member, s.acme, "read", "write")
	s.do("DELETE", "/members/"+s.stranger.ID.String(), mel, "").problem(403, "forbidden")
	s.do("DELETE", "/members/"+s.member.ID.String(), mel, "").ok(204) // leaves
	// Three set up, and: added, made admin, owner, removed, left.
	require.Equal(t, 3+5, s.count("select count(*) from audit_log where subject_kind = 'member' and organization_id = $1", s.acme.ID))
}

func TestAudit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.create("one")
	s.create("two")
	s.do("PATCH", "/modes/one", s.write, `{"name":"Uno"}`, "X-Request-Id", "my-request").ok(200)
	one := s.do("GET", "/modes/one", s.write, "").json()

	entries := func(query string) []any {
		return s.do("GET", "/audit"+query, s.write, "").ok(200).json()["entries"].([]any)
	}
	updates := entries("?action=mode.update")
	require.Len(t, updates, 1)
	e := updates[0].(map[string]any)
	require.Equal(t, "my-request", e["request_id"])
	require.Equal(t, "127.0.0.1", e["source"])
	require.Equal(t, "The one", e["before"].(map[string]any)["name"])
	require.Equal(t, "Uno", e["after"].(map[string]any)["name"])
	require.Equal(t, map[string]any{"kind": "token", "id": s.owner.ID.String(), "name": "olive"}, e["actor"])
	require.Len(t, entries("?action=mode.update,mode.create"), 3)
	require.Len(t, entries("?subject="+one["id"].(string)), 2)
	require.Len(t, entries("?actor="+s.owner.ID.String()), 3)
	require.Empty(t, entries("?until=2020-01-01"))
	require.Equal(t, entries(""), entries("?until="+time.Now().UTC().Format(time.DateOnly)), "that day belongs to it")
	require.Len(t, entries("?action=mode.create&since=2020-01-01T00:00:00Z"), 2)

	var ids []float64
	for cursor := ""; ; {
		page := s.do("GET", "/audit?limit=2"+cursor, s.write, "").ok(200).json()
		for _, e := range page["entries"].([]any) {
			ids = append(ids, e.(map[string]any)["id"].(float64))
		}
		next, ok := page["next_cursor"].(string)
		if !ok {
			break
		}
		cursor = "&cursor=" + next
	}
	require.Len(t, ids, s.count("select count(*) from audit_log where organization_id = $1", s.acme.ID))
	require.IsDecreasing(t, ids)
}

func TestOrganizationsAndPublication(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	list := s.do("GET", "!/api/v1/organizations", s.write, "").ok(200).json()["organizations"].([]any)
	require.Len(t, list, 1)
	require.Equal(t, "owner", list[0].(map[string]any)["role"])

	mel := s.token(s.member, s.acme, "read", "write")
	org := s.do("GET", "", mel, "").ok(200).json()
	require.Equal(t, s.acme.ID.String(), org["id"])
	require.InDelta(t, 1, org["revision"], 0)
	require.InDelta(t, 0, org["published_revision"], 0)
	require.NotNil(t, org["pending_since"])
	may := org["may"].(map[string]any)
	require.Equal(t, true, may["read_library"].(map[string]any)["allowed"])
	require.Equal(t, map[string]any{"allowed": false, "reason": "Only owners and admins can change the library; ask one of them"}, may["change_library"])

	s.sql(`insert into publications (organization_id, epoch, revision, edition, representations) values ($1, 1, 1, 1, $2)`, s.acme.ID,
		`[{"name":"modes.yaml","epoch":1,"revision":1,"sha256":"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff","length":7,"since":"2026-01-01T00:00:00Z"}]`)
	s.sql(`update river_job set attempt = 1, attempted_at = now(), scheduled_at = '2100-01-01T00:00:00Z',
		errors = array['{"attempt": 1, "at": "2026-05-01T00:00:00Z", "error": "pubstore: dial tcp 10.0.0.7:6379: connect: connection refused"}'::jsonb]`)
	p := s.do("GET", "/publication", mel, "").ok(200).json()
	require.Nil(t, p["published_at"])
	require.Equal(t, map[string]any{
		"reason": "Redis can’t be reached", "failed_at": "2026-05-01T00:00:00Z", "next_try_at": "2100-01-01T00:00:00Z",
	}, p["failure"], "in words, and without what only operators should read")

	s.sql(`update organizations set published_revision = 1, live_revision = 1, live_at = '2026-05-01T00:00:01Z', pending_since = null where slug = 'acme'`)
	p = s.do("GET", "/publication", mel, "").ok(200).json()
	require.InDelta(t, 1, p["published_revision"], 0)
	require.Equal(t, "2026-05-01T00:00:01Z", p["published_at"])
	require.Nil(t, p["pending_since"])
	require.Nil(t, p["failure"], "what is live has not failed")
	r := p["representations"].([]any)[0].(map[string]any)
	require.Equal(t, `"1.1.0011223344556677"`, r["etag"])
	require.Equal(t, "https://reader.example/api/organizations/"+s.acme.ID.String()+"/modes.yaml", r["url"])
}
