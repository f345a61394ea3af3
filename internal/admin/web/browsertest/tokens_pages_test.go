package browsertest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

func TestTokensArePaged(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.stopWorker() // tokens that readers don't know yet are marked, which makes the table wide
	s.execSQL(`with made as (
		insert into tokens (sha256, start, name, user_id, scopes, created_by, created_at, version, published_version, revoked_at)
		select sha256(n::text::bytea), 'omt_k1_abcd', 'laptop ' || n, $2::uuid, '{read}', $2::uuid::text, now() - n * interval '1 hour', 1, (n > 5)::int,
			case when n > 70 then now() end
		from generate_series(1, 140) n returning id)
		insert into token_organizations (token_id, organization_id) select id, $1 from made`, s.acme.ID, s.owner.ID)
	b := s.browser().signIn(s.admin)
	b.open("/orgs/acme/tokens")
	b.waitForText("#main", "laptop 1")
	require.EqualValues(t, 50, b.evalInt(`document.querySelectorAll("tbody tr").length`))
	require.EqualValues(t, 50, b.evalInt(`document.querySelectorAll("#ended li").length`))
	b.checkAndScreenshot("tokens-many")
	b.checkA11yAndConsole()
	b.expectNavigation(func() { b.js(`document.querySelector(".pages [rel=next]").click()`) })
	b.waitForText("#main", "laptop 70")
	require.False(t, b.eval(`document.querySelector(".pages [rel=next]")`))
	b.checkAndScreenshot("tokens-older")
	b.expectNavigation(func() { b.js(`document.querySelector("#ended .more-line a").click()`) })
	b.waitForText("#main", "laptop 140")
	b.checkA11yAndConsole()
}

func TestLongWordsAreCompared(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	long := func(end string) func(*modes.Mode) {
		return func(m *modes.Mode) { m.Config.RoleDefinition = strings.Repeat("x", 200_000) + end }
	}
	s.createMode("long", "Long", long("y"))
	_, err := s.db.Modes.Update(t.Context(), byUser(s.owner), s.acme.ID, "long", 0, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		long("z")(&m.Mode)
		return m, nil
	})
	require.NoError(t, err)
	b := s.browser().signIn(s.admin)
	b.open("/orgs/acme/modes/long/history?from=1&to=2#compared")
	b.waitForText("#main", "changed the role definition")
	b.open("/orgs/acme/audit")
	b.waitForText("#main", "Role definition")
}
