package api_test

import (
	"fmt"
	"net/url"
	"testing"

	"orgmodes/internal/prove"

	"github.com/stretchr/testify/require"
)

// TestAuditPagesAreBoundedInBytes: a page ends early if its entries are long, and the
// cursor continues there. The export has all entries.
func TestAuditPagesAreBoundedInBytes(t *testing.T) {
	prove.Long(t) // pages of 5 MiB
	t.Parallel()
	s := newSite(t)
	s.sql(`insert into audit_log (organization_id, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, subject_name, before, after, request_id, source)
		select $1, 'user', 'u', 'U', 'mode.update', 'mode', n::text, 'M', text, text, 'r', 's'
		from generate_series(1, 8) n, lateral (select jsonb_build_object('text', repeat('"', 300000)) as text) long`, s.acme.ID)
	path, found := "/audit?limit=100&actor=u", 0
	for at := path; at != ""; {
		a := s.do("GET", at, s.write, "").ok(200)
		require.LessOrEqual(t, len(a.body), 5<<20)
		page := a.json()
		found += len(page["entries"].([]any))
		at = ""
		if next, ok := page["next_cursor"].(string); ok {
			at = path + "&cursor=" + url.QueryEscape(next)
		}
	}
	require.Equal(t, 8, found)
	require.Greater(t, len(s.do("GET", "/audit/export?format=jsonl&actor=u", s.write, "").ok(200).body), 8*1_200_000)
}

func TestTokensAreListedInPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.sql(`with made as (
		insert into tokens (sha256, start, name, user_id, scopes, created_by)
		select sha256(n::text::bytea), 'omt_k1_', 'token ' || n, $2, '{read}', 'x' from generate_series(1, 120) n returning id)
		insert into token_organizations (token_id, organization_id) select id, $1 from made`, s.acme.ID, s.owner.ID)
	found := map[string]bool{}
	for at := "/tokens?limit=50"; at != ""; {
		page := s.do("GET", at, s.write, "").ok(200).json()
		list := page["tokens"].([]any)
		require.LessOrEqual(t, len(list), 50)
		for _, one := range list {
			id := fmt.Sprint(one.(map[string]any)["id"])
			require.False(t, found[id], "%s is in two pages", id)
			found[id] = true
		}
		at = ""
		if next, ok := page["next_cursor"].(string); ok {
			at = "/tokens?limit=50&cursor=" + url.QueryEscape(next)
		}
	}
	require.Len(t, found, s.count("select count(*) from token_organizations where organization_id = '"+s.acme.ID.String()+"'"))
	s.do("GET", "/tokens?cursor=eyJrIjoieCJ9", s.write, "").problem(400, "malformed_query")
}
