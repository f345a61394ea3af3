package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/audit"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

func TestAuditIsFiltered(t *testing.T) {
	l := newLibrary(t)
	docs := l.create("docs")
	odd := mode("odd")
	odd.Name = `50%_\off`
	_, err := l.db.Modes.Create(t.Context(), ada, l.org.ID, odd)
	require.NoError(t, err)
	count := func(f postgres.AuditFilter) int {
		t.Helper()
		f.Limit = 100
		log, _, err := l.db.AuditPage(t.Context(), l.org.ID, f, 64<<20)
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

// All entries of one change have the same time. Whatever the filter, the pages contain each
// entry once.
func TestAuditPagesCoverEntriesWithSameTime(t *testing.T) {
	l := newLibrary(t)
	for round := range 3 {
		var ms []modes.Mode
		for i := range 40 {
			m := mode(fmt.Sprintf("m-%d", i))
			m.Name = fmt.Sprintf("Mode %d of round %d", i, round)
			ms = append(ms, m)
		}
		storetest.PutModes(t, l.db, []audit.Attribution{ada, bob}[round%2], l.org.ID, ms...)
	}
	all, _, err := l.db.AuditPage(t.Context(), l.org.ID, postgres.AuditFilter{Limit: 1000}, 64<<20)
	require.NoError(t, err)
	require.EqualValues(t, len(all), l.count(`select count(*) from audit_log`))
	moments := map[time.Time]int{}
	for _, e := range all {
		moments[e.OccurredAt]++
	}
	require.Len(t, moments, 4, "the organization, and three imports")
	middle := all[60].OccurredAt

	for name, c := range map[string]struct {
		filter postgres.AuditFilter
		want   int
	}{
		"nothing":  {postgres.AuditFilter{}, len(all)},
		"actor":    {postgres.AuditFilter{ActorID: bob.Actor.ID}, 40},
		"kind":     {postgres.AuditFilter{SubjectKind: audit.Mode}, 120},
		"action":   {postgres.AuditFilter{Actions: []string{"mode.import"}}, 120},
		"actions":  {postgres.AuditFilter{Actions: []string{"mode.import", "organization.create"}}, 121},
		"subject":  {postgres.AuditFilter{SubjectID: all[7].Subject.ID}, 3},
		"text":     {postgres.AuditFilter{Text: "of round 1"}, 40},
		"since":    {postgres.AuditFilter{Since: middle}, 80},
		"until":    {postgres.AuditFilter{Until: middle}, len(all) - 80},
		"a moment": {postgres.AuditFilter{Since: middle, Until: middle.Add(time.Microsecond)}, 40},
		"all of them": {postgres.AuditFilter{
			ActorID: bob.Actor.ID, SubjectKind: audit.Mode, Actions: []string{"mode.import", "mode.create"}, Text: "MODE 1", Since: middle, Until: middle.Add(time.Second),
		}, 11},
	} {
		for _, size := range []int{1, 7, 40, 1000} {
			f := c.filter
			f.Limit = size
			seen := map[int64]bool{}
			var last audit.Entry
			for {
				part, _, err := l.db.AuditPage(t.Context(), l.org.ID, f, 64<<20)
				require.NoError(t, err)
				for _, e := range part {
					require.False(t, seen[e.ID], "%s: %d comes twice", name, e.ID)
					require.True(t, last.ID == 0 || e.OccurredAt.Before(last.OccurredAt) || e.OccurredAt.Equal(last.OccurredAt) && e.ID < last.ID, "%s: newest first", name)
					seen[e.ID], last = true, e
				}
				if len(part) < size {
					break
				}
				f.Before = last.ID
			}
			require.Len(t, seen, c.want, "by %s, in pages of %d", name, size)
		}
	}
	_, _, err = l.db.AuditPage(t.Context(), l.org.ID, postgres.AuditFilter{Limit: 1, Before: 1 << 40}, 64<<20)
	require.True(t, fault.Is(err, fault.Malformed), "%v", err)
}
