package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/postgres"
)

// TestAuditPageIsLimitedByContentBytes reads entries of a megabyte that take almost
// nothing on disk.
func TestAuditPageIsLimitedByContentBytes(t *testing.T) {
	l := newLibrary(t)
	l.exec(`insert into audit_log (organization_id, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, subject_name, after, request_id, source)
		select id, 'user', 'u', 'U', 'long.update', 'mode', n::text, 'M', jsonb_build_object('text', repeat('x', 1000000)), 'r', 's'
		from organizations, generate_series(1, 12) n where id = $1`, l.org.ID)
	const maxBytes = 5 << 20
	f := postgres.AuditFilter{Actions: []string{"long.update"}, Limit: 100}
	found := 0
	for more := true; more; {
		page, rest, err := l.db.AuditPage(t.Context(), l.org.ID, f, maxBytes)
		require.NoError(t, err)
		require.NotEmpty(t, page)
		bytes := 0
		for _, e := range page {
			bytes += len(e.Before) + len(e.After)
			if f.Before != 0 {
				require.Less(t, e.ID, f.Before)
			}
			f.Before = e.ID
		}
		assert.LessOrEqual(t, bytes, maxBytes)
		found += len(page)
		more = rest
	}
	assert.Equal(t, 12, found)

	// An entry that is longer than a page is a page.
	f.Before = 0
	page, more, err := l.db.AuditPage(t.Context(), l.org.ID, f, 1000)
	require.NoError(t, err)
	assert.Len(t, page, 1)
	assert.True(t, more)

	summaries, err := l.db.AuditSummaries(t.Context(), l.org.ID, f)
	require.NoError(t, err)
	require.Len(t, summaries, 12)
	contents, err := l.db.AuditContents(t.Context(), l.org.ID, summaries, maxBytes)
	require.NoError(t, err)
	assert.Len(t, contents, 5)
	assert.Contains(t, contents, summaries[0].ID, "from the first one on")
}
