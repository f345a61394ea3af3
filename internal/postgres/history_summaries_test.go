package postgres_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/postgres"
)

// TestVersionSummariesReadNoContents reads the versions of a mode and a hundred deletions,
// each of 100 KB.
func TestVersionSummariesReadNoContents(t *testing.T) {
	l := newLibrary(t)
	l.exec(`insert into versions (subject_kind, subject_id, version, organization_id, revision, action, content, actor_kind, actor_id, actor_name)
		select 'mode', ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 1, id, n / 10, 'delete',
			jsonb_build_object('slug', 'm' || n, 'name', 'M', 'config', jsonb_build_object('roleDefinition', repeat('x', 100000), 'groups', '[]'::jsonb)), 'user', 'u', 'U'
		from organizations, generate_series(1, 100) n where id = $1`, l.org.ID)
	id := uuid.MustParse("00000000-0000-4000-8000-000000000007")
	summaries, err := l.db.Modes.VersionSummaries(t.Context(), l.org.ID, id, 0, 10)
	require.NoError(t, err)
	require.Len(t, summaries, 1)
	assert.Equal(t, "m7", summaries[0].Object.Slug)
	assert.Less(t, len(summaries[0].Content), 200)

	var after *postgres.HistoryCursor
	seen := map[string]bool{}
	for {
		page, err := l.db.Modes.Deleted(t.Context(), l.org.ID, after, 15)
		require.NoError(t, err)
		for _, one := range page {
			assert.Less(t, len(one.Content), 200, "bytes of %s", one.Object.Slug)
			assert.False(t, seen[one.Object.Slug], "%s is on two pages", one.Object.Slug)
			seen[one.Object.Slug] = true
		}
		if len(page) < 15 {
			break
		}
		last := page[len(page)-1]
		after = &postgres.HistoryCursor{Revision: last.Revision, Subject: last.Object.ID}
	}
	assert.Len(t, seen, 100)
}
