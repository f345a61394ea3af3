package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/audit"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// step summarizes a version: the action, the object's name, and its name before.
func step(s postgres.ModeHistoryEntry) string {
	before := "nothing"
	if s.Previous != nil {
		before = s.Previous.Object.Name
	}
	return fmt.Sprintf("%s %s, after %s", s.Action, s.Object.Name, before)
}

func TestHistoryListsAllModesInPages(t *testing.T) {
	l := newLibrary(t)
	l.create("a")
	l.create("b")
	_, err := l.db.Modes.Update(t.Context(), ada, l.org.ID, "a", 0, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		m.Name = "Another a"
		return m, nil
	})
	require.NoError(t, err)
	_, err = l.db.Modes.Delete(t.Context(), ada, l.org.ID, "b", 0)
	require.NoError(t, err)
	var many []modes.Mode
	for i := range 7 { // one revision, which ends in the middle of a page
		many = append(many, mode(fmt.Sprintf("m%d", i)))
	}
	storetest.PutModes(t, l.db, ada, l.org.ID, many...)
	other, err := l.db.CreateOrganization(t.Context(), ada, "other", "Other")
	require.NoError(t, err)
	_, err = l.db.Modes.Create(t.Context(), ada, other.ID, mode("theirs"))
	require.NoError(t, err)

	var all []string
	imported := map[string]bool{}
	var after *postgres.HistoryCursor
	for {
		got, err := l.db.Modes.History(t.Context(), l.org.ID, after, 3)
		require.NoError(t, err)
		for _, s := range got {
			if s.Action == audit.Import {
				imported[s.Object.Slug] = true
				continue
			}
			all = append(all, step(s))
		}
		if len(got) < 3 {
			break
		}
		last := got[2]
		after = &postgres.HistoryCursor{Revision: last.Revision, Subject: last.Object.ID, Version: last.Version.Version.Version}
	}
	assert.Len(t, imported, 7, "each once, over the pages' ends")
	assert.Equal(t, []string{
		"delete The b, after The b", "update Another a, after The a", "create The b, after nothing", "create The a, after nothing",
	}, all)
}

// A page of the history is read by the index, however long the history is.
func TestHistoryPageUsesIndex(t *testing.T) {
	l := newLibrary(t)
	l.exec(`insert into versions (subject_kind, subject_id, version, organization_id, revision, action, content, actor_kind, actor_id, actor_name)
		select 'mode', gen_random_uuid(), 1, $1, n, 'create', '{}', 'user', 'a', 'A' from generate_series(1, 20000) n`, l.org.ID)
	l.exec(`analyze versions`)
	var plan []string
	l.asOwner(func(ctx context.Context, c *pgx.Conn) {
		rows, err := c.Query(ctx, `explain (costs off)
			select v.subject_id, previous.action from versions v
			left join versions previous on previous.subject_kind = v.subject_kind and previous.subject_id = v.subject_id and previous.version = v.version - 1
			where v.organization_id = $1 and v.subject_kind = 'mode'
			  and (v.revision, v.subject_id, v.version) < (9000::bigint, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid, 1::bigint)
			order by v.revision desc, v.subject_id desc, v.version desc limit 51`, l.org.ID)
		require.NoError(t, err)
		plan, err = pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
	})
	text := strings.Join(plan, "\n")
	t.Log(text)
	assert.Contains(t, text, "versions_organization")
	assert.NotContains(t, text, "Seq Scan")
}
