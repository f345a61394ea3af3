package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/audit"
	"orgmodes/internal/postgres"
)

func TestAuditIsFiltered(t *testing.T) {
	l := newLibrary(t)
	docs := l.create("docs")
	odd := mode("odd")
	odd.Name = `50%_\off`
	_, err := l.db.CreateMode(t.Context(), ada, l.org.ID, odd)
	require.NoError(t, err)
	count := func(f postgres.AuditFilter) int {
		t.Helper()
		f.Limit = 100
		log, err := l.db.Audit(t.Context(), l.org.ID, f)
		require.NoError(t, err)
		return len(log)
	}
	assert.Equal(t, 7, count(postgres.AuditFilter{}))
	assert.Equal(t, 2, count(postgres.AuditFilter{SubjectKind: audit.Mode}))
	assert.Equal(t, 1, count(postgres.AuditFilter{Text: "THE DOCS"}), "by the subject's name")
	assert.Equal(t, 1, count(postgres.AuditFilter{Text: docs.ID.String()[:13]}), "by a part of its id")
	assert.Equal(t, 7, count(postgres.AuditFilter{Text: "ada"}), "by who acted")
	assert.Equal(t, 7, count(postgres.AuditFilter{Text: "127.0."}), "by where from")
	for _, text := range []string{"%_", `_\`, "0%"} {
		assert.Equal(t, 1, count(postgres.AuditFilter{Text: text}), "what has a meaning in patterns has none here: %s", text)
	}
	assert.Zero(t, count(postgres.AuditFilter{Text: "o%s"}))
	assert.Zero(t, count(postgres.AuditFilter{Text: "docs", Since: time.Now().Add(time.Hour)}))
}
