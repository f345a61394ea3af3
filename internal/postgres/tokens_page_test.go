package postgres_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/postgres"
)

func TestTokensAreListedInPages(t *testing.T) {
	l := newLibrary(t)
	user := l.user("bob@example.com")
	// All but three were created at one moment, and every third one has ended.
	l.exec(`with made as (
		insert into tokens (sha256, start, name, user_id, scopes, created_by, created_at, revoked_at)
		select sha256(n::text::bytea), 'omt_k1_', 'token ' || n, $2, '{read}', 'x', '2026-01-01'::timestamptz + greatest(n - 222, 0) * interval '1 hour',
			case when n % 3 = 0 then now() end
		from generate_series(1, 225) n returning id)
		insert into token_organizations (token_id, organization_id) select id, $1 from made`, l.org.ID, user)
	for name, c := range map[string]struct {
		filter postgres.TokenFilter
		want   int
	}{
		"all":       {postgres.TokenFilter{}, 225},
		"live":      {postgres.TokenFilter{Ended: new(false)}, 150},
		"ended":     {postgres.TokenFilter{Ended: new(true)}, 75},
		"a user's":  {postgres.TokenFilter{User: user}, 225},
		"another's": {postgres.TokenFilter{User: uuid.New()}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f, found := c.filter, map[uuid.UUID]bool{}
			f.Limit = 50
			for more := true; more; {
				page, rest, err := l.db.Tokens(t.Context(), l.org.ID, f)
				require.NoError(t, err)
				require.LessOrEqual(t, len(page), 50)
				for _, one := range page {
					require.False(t, found[one.ID], "twice")
					found[one.ID], f.After = true, one.ID
				}
				more = rest
			}
			assert.Len(t, found, c.want)
		})
	}
	none, more, err := l.db.Tokens(t.Context(), l.org.ID, postgres.TokenFilter{Limit: 50, After: uuid.New()})
	require.NoError(t, err)
	assert.Empty(t, none)
	assert.False(t, more)
	pending, err := l.db.CountPendingTokens(t.Context(), l.org.ID)
	require.NoError(t, err)
	assert.Equal(t, 225, pending)
}
