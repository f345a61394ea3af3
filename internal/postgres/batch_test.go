package postgres_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

var bob = audit.Attribution{
	Actor:     audit.Actor{Kind: audit.User, ID: "0b9f6f0e-0000-4000-8000-00000000b0b0", Name: "Bob"},
	RequestID: "r-2", Source: "127.0.0.1",
}

// createModes creates modes, and returns them with their versions.
func (l *library) createModes(n int) (all []modes.OrganizationMode, refs []postgres.VersionRef) {
	l.t.Helper()
	for i := range n {
		m := l.create(fmt.Sprintf("mode-%d", i))
		all, refs = append(all, m), append(refs, postgres.VersionRef{ID: m.ID, Version: m.Version})
	}
	return all, refs
}

func TestBatchDeleteAndRestoreAreOneChangeEach(t *testing.T) {
	l := newLibrary(t)
	all, refs := l.createModes(5)
	deleted, revision, err := l.db.Modes.DeleteBatch(t.Context(), ada, l.org.ID, refs[:4])
	require.NoError(t, err)
	require.Equal(t, all[:4], deleted)
	require.EqualValues(t, 7, revision)
	require.Equal(t, "modes 1 versions 9 audit 10 jobs 7 revision 7", l.countTraces(), "one revision, one job, and a version and an audit row for each")
	require.EqualValues(t, 4, l.count(`select count(distinct subject_id) from audit_log where revision = 7 and action = 'mode.delete' and before is not null`))

	back, err := l.db.Modes.DeletedBy(t.Context(), l.org.ID, revision)
	require.NoError(t, err)
	require.Len(t, back, 4)
	restored, revision, err := l.db.Modes.RestoreBatch(t.Context(), ada, l.org.ID, back)
	require.NoError(t, err)
	require.Len(t, restored, 4)
	require.EqualValues(t, 8, revision)
	require.Equal(t, "modes 5 versions 13 audit 14 jobs 8 revision 8", l.countTraces())
	now, err := l.db.Modes.List(t.Context(), l.org.ID)
	require.NoError(t, err)
	for i, m := range now {
		require.Equal(t, all[i].Mode, m.Mode)
		require.Equal(t, all[i].ID, m.ID, "in the place where it was")
	}
	nothing, err := l.db.Modes.DeletedBy(t.Context(), l.org.ID, revision)
	require.NoError(t, err)
	require.Empty(t, nothing)
}

func TestBatchDeleteIsAtomic(t *testing.T) {
	l := newLibrary(t)
	all, refs := l.createModes(4)
	changed, err := l.db.Modes.Update(t.Context(), bob, l.org.ID, "mode-1", 0, rename("Changed"))
	require.NoError(t, err)
	_, err = l.db.Modes.Delete(t.Context(), bob, l.org.ID, "mode-3", 0)
	require.NoError(t, err)
	before := l.countTraces()
	_, _, err = l.db.Modes.DeleteBatch(t.Context(), ada, l.org.ID, append(refs, postgres.VersionRef{ID: uuid.New(), Version: 1}))
	f, ok := fault.As(err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, fault.Stale, f.Kind)
	assert.Equal(t, []fault.Field{
		{Pointer: "/deletions/1", Detail: "Changed was changed by Bob and is now at version 2"},
		{Pointer: "/deletions/3", Detail: "The mode-3 was deleted by Bob"},
		{Pointer: "/deletions/4", Detail: "There is no such mode"},
	}, f.Fields)
	assert.Equal(t, []modes.OrganizationMode{changed}, f.Current)
	assert.Equal(t, before, l.countTraces(), "nothing of it stays")

	// Another organization's modes are not found.
	other, err := l.db.CreateOrganization(t.Context(), bob, "other", "Other")
	require.NoError(t, err)
	_, _, err = l.db.Modes.DeleteBatch(t.Context(), bob, other.ID, refs[:1])
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	_, _, err = l.db.Modes.RestoreBatch(t.Context(), bob, other.ID, []postgres.Restoration{{ID: all[3].ID, Version: 2, ExpectedVersion: 2}})
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)

	// Nor is anything restored over a newer change by another user.
	_, revision, err := l.db.Modes.DeleteBatch(t.Context(), ada, l.org.ID, []postgres.VersionRef{refs[0], refs[2]})
	require.NoError(t, err)
	back, err := l.db.Modes.DeletedBy(t.Context(), l.org.ID, revision)
	require.NoError(t, err)
	_, err = l.db.Modes.Restore(t.Context(), bob, l.org.ID, all[0].ID, 1, 0)
	require.NoError(t, err)
	_, err = l.db.Modes.Update(t.Context(), bob, l.org.ID, "mode-0", 0, rename("Bob's"))
	require.NoError(t, err)
	_, err = l.db.Modes.Create(t.Context(), bob, l.org.ID, mode("mode-2"))
	require.NoError(t, err)
	before = l.countTraces()
	_, _, err = l.db.Modes.RestoreBatch(t.Context(), ada, l.org.ID, back)
	f, ok = fault.As(err)
	require.True(t, ok, "%v", err)
	var details []string
	for _, field := range f.Fields {
		details = append(details, field.Detail)
	}
	assert.ElementsMatch(t, []string{
		"Bob's was changed by Bob and is now at version 4", `A mode with the slug "mode-2" already exists in this organization`,
	}, details)
	assert.Equal(t, before, l.countTraces())
}

// The first deleter deletes all of them. The others delete none, and get an error for each.
func TestConcurrentBatchDeletesHaveOneWinner(t *testing.T) {
	l := newLibrary(t)
	for round := range 5 {
		_, refs := l.createModes(6)
		before := l.revision()
		const deleters = 4
		errs := make([]error, deleters)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range deleters {
			wg.Go(func() {
				<-start
				_, _, errs[i] = l.db.Modes.DeleteBatch(t.Context(), ada, l.org.ID, refs)
			})
		}
		// Another user edits one of them, before all deleters or too late.
		var edit error
		wg.Go(func() {
			<-start
			_, edit = l.db.Modes.Update(t.Context(), bob, l.org.ID, refs[2].ID.String(), refs[2].Version, rename("Edited"))
		})
		close(start)
		wg.Wait()

		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			f, ok := fault.As(err)
			require.True(t, ok && f.Kind == fault.Stale, "%v", err)
			if edit == nil {
				require.Len(t, f.Fields, 1, "round %d: all but the edited one are as they were", round)
			} else {
				require.Len(t, f.Fields, len(refs), "round %d", round)
			}
		}
		left := l.count(`select count(*) from organization_modes`)
		if edit == nil {
			require.Zero(t, won, "round %d: the edit came first", round)
			require.EqualValues(t, 6, left)
		} else {
			require.Equal(t, 1, won, "round %d", round)
			require.Zero(t, left)
		}
		require.Equal(t, before+1, l.revision(), "one change was made, whoever made it")
		l.exec(`delete from organization_modes`)
	}
}

func TestBatchDeleteRollsBackOnDatabaseError(t *testing.T) {
	l := newLibrary(t)
	all, refs := l.createModes(3)
	for _, table := range []string{"organization_modes", "versions", "audit_log", "river_job"} {
		// If there are several rows, the last one fails.
		l.exec(fmt.Sprintf(`create sequence calls; create function break_it() returns trigger language plpgsql as $$ begin
			if nextval('calls') = %d then raise exception 'broken on purpose'; end if; return coalesce(new, old); end $$;
			create trigger break_it before insert or delete on %s for each row execute function break_it();
			grant usage on calls to public`, map[bool]int{true: 1, false: 3}[table == "river_job"], table))
		before := l.countTraces()
		_, _, err := l.db.Modes.DeleteBatch(t.Context(), ada, l.org.ID, refs)
		require.ErrorContains(t, err, "broken on purpose", table)
		require.Equal(t, before, l.countTraces(), table)
		l.exec(`drop function break_it() cascade; drop sequence calls`)
	}
	_, revision, err := l.db.Modes.DeleteBatch(t.Context(), ada, l.org.ID, refs)
	require.NoError(t, err)
	back, err := l.db.Modes.DeletedBy(t.Context(), l.org.ID, revision)
	require.NoError(t, err)
	require.Len(t, back, len(all))
}

func TestBatchDeleteFailsIfTemplateIsInUse(t *testing.T) {
	l := newLibrary(t)
	all, err := l.db.Templates.List(t.Context(), l.org.ID)
	require.NoError(t, err)
	var refs []postgres.VersionRef
	for _, template := range all {
		refs = append(refs, postgres.VersionRef{ID: template.ID, Version: template.Version})
	}
	user := mode("user")
	user.Config.PermissionTemplate = all[1].Name
	m, err := l.db.Modes.Create(t.Context(), ada, l.org.ID, user)
	require.NoError(t, err)
	_, _, err = l.db.Templates.DeleteBatch(t.Context(), ada, l.org.ID, refs)
	f, ok := fault.As(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, templates.InUse(all[1].Name, []resource.Referrer{{Name: m.Name}}).Kind, f.Kind)
	require.Len(t, f.Fields, 1)
	require.Equal(t, "/deletions/1", f.Fields[0].Pointer)
	require.Contains(t, f.Fields[0].Detail, all[1].Name)

	_, revision, err := l.db.Templates.DeleteBatch(t.Context(), ada, l.org.ID, append(refs[:1:1], refs[2:]...))
	require.NoError(t, err)
	require.EqualValues(t, 3, revision)
	_, _, err = l.db.Templates.RestoreBatch(t.Context(), ada, l.org.ID, []postgres.Restoration{{ID: all[0].ID, Version: 1, ExpectedVersion: 2}, {ID: all[2].ID, Version: 1, ExpectedVersion: 2}})
	require.NoError(t, err)
	require.EqualValues(t, 4, l.revision())
}
