package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/audit"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// Every change takes one revision, one version and one audit row with the whole
// content before and after, and leaves one job.
func TestChangeWritesRevisionVersionAuditAndJob(t *testing.T) {
	l := newLibrary(t)
	require.EqualValues(t, 1, l.org.Revision)
	m := l.create("docs")
	_, err := l.db.Modes.Update(t.Context(), ada, l.org.ID, "docs", m.Version, rename("Docs, renamed"))
	require.NoError(t, err)
	_, err = l.db.Modes.Delete(t.Context(), ada, l.org.ID, m.ID.String(), 2)
	require.NoError(t, err)
	back, err := l.db.Modes.Restore(t.Context(), ada, l.org.ID, m.ID, 1, 0)
	require.NoError(t, err)
	require.EqualValues(t, 4, back.Version, "a restored mode goes on where it was deleted")
	require.Equal(t, m.ID, back.ID)
	require.Equal(t, mode("docs"), back.Mode)

	log, _, err := l.db.AuditPage(t.Context(), l.org.ID, postgres.AuditFilter{Limit: 10}, 64<<20)
	require.NoError(t, err)
	var lines []string
	for _, e := range log {
		require.Equal(t, ada, e.By)
		if e.Subject.Kind == audit.Template {
			continue // created with the organization
		}
		lines = append(lines, fmt.Sprintf("%d %s %t %t", *e.Revision, e.Action, e.Before != nil, e.After != nil))
	}
	require.Equal(t, []string{
		"5 mode.restore false true",
		"4 mode.delete true false",
		"3 mode.update true true",
		"2 mode.create false true",
		"1 organization.create false true",
	}, lines)
	versions, err := l.db.Modes.Versions(t.Context(), l.org.ID, m.ID, 0, 10)
	require.NoError(t, err)
	require.Len(t, versions, 4)
	require.Equal(t, "Docs, renamed", versions[1].Object.Mode.Name, "the deletion keeps what was deleted")
	require.Equal(t, "modes 1 versions 4 audit 5 jobs 5 revision 5", l.countTraces())
}

func rename(name string) func(modes.OrganizationMode) (modes.OrganizationMode, error) {
	return func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		m.Name = name
		return m, nil
	}
}

func TestUpdateWithoutChangeLeavesNoTrace(t *testing.T) {
	l := newLibrary(t)
	m := l.create("docs")
	before := l.countTraces()
	same, err := l.db.Modes.Update(t.Context(), ada, l.org.ID, "docs", 0, rename("  The docs "))
	require.NoError(t, err)
	require.Equal(t, m, same)
	require.Equal(t, before, l.countTraces())
}

// If any of the statements of a change fails, nothing of the change remains.
func TestChangeIsAtomic(t *testing.T) {
	l := newLibrary(t)
	m := l.create("docs")
	for _, table := range []string{"organization_modes", "versions", "audit_log", "river_job"} {
		l.exec(fmt.Sprintf(`create function break_it() returns trigger language plpgsql as $$ begin raise exception 'broken on purpose'; end $$;
			create trigger break_it before insert or delete on %s for each row execute function break_it()`, table))
		before := l.countTraces()
		_, err := l.db.Modes.Create(t.Context(), ada, l.org.ID, mode("other"))
		require.ErrorContains(t, err, "broken on purpose", table)
		_, err = l.db.Apply(t.Context(), ada, l.org.ID, putOps(mode("docs"), mode("x"), mode("y")), resource.Options{})
		require.ErrorContains(t, err, "broken on purpose", table)
		_, err = l.db.Modes.Delete(t.Context(), ada, l.org.ID, "docs", m.Version)
		require.ErrorContains(t, err, "broken on purpose", table)
		require.Equal(t, before, l.countTraces(), table)
		l.exec(`drop function break_it() cascade`)
	}
}

func TestConcurrentUpdateFailsWithCurrentVersion(t *testing.T) {
	l := newLibrary(t)
	m := l.create("docs")
	const writers = 8
	var won atomic.Int64
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			_, err := l.db.Modes.Update(t.Context(), ada, l.org.ID, "docs", m.Version, rename(fmt.Sprint("by ", i)))
			if err == nil {
				won.Add(1)
				return
			}
			f, ok := fault.As(err)
			if !ok || f.Kind != fault.Stale {
				t.Errorf("want a stale fault, got %v", err)
				return
			}
			current, _ := f.Current.(modes.OrganizationMode)
			if current.Version != 2 {
				t.Errorf("the loser got version %d as the current one", current.Version)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, won.Load())
	require.EqualValues(t, 3, l.revision())
	_, err := l.db.Modes.Delete(t.Context(), ada, l.org.ID, "docs", 1)
	require.True(t, fault.Is(err, fault.Stale))
	_, err = l.db.Modes.Restore(t.Context(), ada, l.org.ID, m.ID, 1, 1)
	require.True(t, fault.Is(err, fault.Stale))

	// A deleted object is compared with its deletion.
	_, err = l.db.Modes.Delete(t.Context(), ada, l.org.ID, "docs", 2)
	require.NoError(t, err)
	_, err = l.db.Modes.Restore(t.Context(), ada, l.org.ID, m.ID, 1, 2)
	require.True(t, fault.Is(err, fault.Stale))
	require.ErrorContains(t, err, "deleted again by Ada, as version 3")
	_, err = l.db.Modes.Restore(t.Context(), ada, l.org.ID, m.ID, 1, 3)
	require.NoError(t, err)
}

func TestSlugsAreUniqueIgnoringCase(t *testing.T) {
	l := newLibrary(t)
	var created, conflicts atomic.Int64
	var wg sync.WaitGroup
	for _, slug := range []string{"Docs", "docs", "DOCS", "dOcs"} {
		wg.Go(func() {
			_, err := l.db.Modes.Create(t.Context(), ada, l.org.ID, mode(slug))
			switch {
			case err == nil:
				created.Add(1)
			case fault.Is(err, fault.Conflict):
				conflicts.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, created.Load())
	require.EqualValues(t, 3, conflicts.Load())

	l.create("other")
	_, err := l.db.Modes.Update(t.Context(), ada, l.org.ID, "other", 0, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		m.Slug = "DocS"
		return m, nil
	})
	require.ErrorContains(t, err, `A mode with the slug "DocS" already exists in this organization`)
	// The constraint also holds for writes that bypass this package.
	l.asOwner(func(ctx context.Context, c *pgx.Conn) {
		_, err := c.Exec(ctx, `update organization_modes set slug = 'dOcS' where slug = 'other'`)
		require.ErrorContains(t, err, "organization_modes_slug_unique")
	})
	// A mode may change the case of its slug.
	_, err = l.db.Modes.Update(t.Context(), ada, l.org.ID, "other", 0, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		m.Slug = "Other"
		return m, nil
	})
	require.NoError(t, err)
}

// Revisions have no gaps, however many writers there are.
func TestRevisionsHaveNoGaps(t *testing.T) {
	l := newLibrary(t)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 10 {
				if _, err := l.db.Modes.Create(t.Context(), ada, l.org.ID, mode(fmt.Sprintf("m-%d-%d", w, i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 81, l.revision())
	require.EqualValues(t, 81, l.count(`select count(distinct revision) from audit_log where revision between 1 and 81`))
	require.EqualValues(t, 80, l.count(`select count(distinct position) from organization_modes`))
}

func TestImportTakesOneRevisionAndAuditsEachMode(t *testing.T) {
	l := newLibrary(t)
	l.create("same")
	l.create("changed")
	changed := mode("CHANGED")
	in := []modes.Mode{mode("new"), mode("same"), changed}
	existing, revision, err := l.db.Objects(modes.KindName).ListWithRevision(t.Context(), l.org.ID)
	require.NoError(t, err)
	require.EqualValues(t, 3, revision)
	before := l.countTraces()
	plan := func(under resource.Library) ([]resource.Op, error) {
		objects, err := under.Objects(modes.KindName)
		require.Equal(t, existing, objects)
		return putOps(in...), err
	}
	result, err := l.db.Apply(t.Context(), ada, l.org.ID, nil, resource.Options{Plan: plan, ExpectedRevision: 3})
	require.NoError(t, err)
	require.EqualValues(t, 4, result.Revision)
	done := result.Outcomes
	require.Equal(t, "modes 2 versions 2 audit 3 jobs 3 revision 3", before)
	require.Equal(t, "modes 3 versions 4 audit 5 jobs 4 revision 4", l.countTraces())
	for i, want := range []resource.Action{resource.ActionCreate, resource.ActionUnchanged, resource.ActionUpdate} {
		require.Equal(t, want, done[i].Action)
	}
	require.Equal(t, "CHANGED", done[2].Object.Spec.ObjectName(), "it keeps the case that it was written in")
	require.Equal(t, "changed", done[2].Before.Spec.ObjectName())

	_, err = l.db.Apply(t.Context(), ada, l.org.ID, putOps(mode("later")), resource.Options{ExpectedRevision: 3})
	require.True(t, fault.Is(err, fault.Stale), "the library was changed since the plan")
	bad := mode("bad")
	bad.Config.RoleDefinition = " "
	_, err = l.db.Apply(t.Context(), ada, l.org.ID, putOps(mode("good"), bad), resource.Options{})
	var failed resource.OpErrors
	require.ErrorAs(t, err, &failed)
	require.Equal(t, 1, failed[0].Index)
	f, ok := fault.As(failed[0].Err)
	require.True(t, ok, "%v", err)
	require.Equal(t, "/config/roleDefinition", f.Fields[0].Pointer)
	require.EqualValues(t, 4, l.revision())
}

func TestTooManyModesAreRejected(t *testing.T) {
	l := newLibrary(t)
	var many []modes.Mode
	for i := range modes.MaxModes {
		many = append(many, mode(fmt.Sprintf("m%d", i)))
	}
	storetest.PutModes(t, l.db, ada, l.org.ID, many...)
	_, err := l.db.Modes.Create(t.Context(), ada, l.org.ID, mode("one-too-many"))
	require.True(t, fault.Is(err, fault.TooLarge), "%v", err)
	require.EqualValues(t, 2, l.revision())
}

// Another organization's mode is not found, by id or by slug.
func TestModesOfOtherOrganizationAreNotFound(t *testing.T) {
	l := newLibrary(t)
	m := l.create("docs")
	b, err := l.db.CreateOrganization(t.Context(), ada, "b", "B")
	require.NoError(t, err)
	for _, ref := range []string{m.ID.String(), "docs"} {
		_, err = l.db.Modes.Get(t.Context(), b.ID, ref)
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		_, err = l.db.Modes.Update(t.Context(), ada, b.ID, ref, 0, rename("stolen"))
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		_, err = l.db.Modes.Delete(t.Context(), ada, b.ID, ref, m.Version)
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	}
	_, err = l.db.Modes.Versions(t.Context(), b.ID, m.ID, 0, 10)
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	_, err = l.db.Modes.Version(t.Context(), b.ID, m.ID, 1)
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	_, err = l.db.Modes.Restore(t.Context(), ada, b.ID, m.ID, 1, 0)
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	got, err := l.db.Modes.Get(t.Context(), l.org.ID, "DOCS")
	require.NoError(t, err)
	require.Equal(t, m, got)
	_, err = l.db.Modes.Get(t.Context(), uuid.New(), "docs")
	require.True(t, fault.Is(err, fault.NotFound))
}

// The application can add to history but not change it; nor can the owner by accident.
func TestHistoryIsAppendOnly(t *testing.T) {
	l := newLibrary(t)
	l.create("docs")
	app, err := pgx.Connect(t.Context(), storetest.AppURL(t, l.owner))
	require.NoError(t, err)
	defer func() { _ = app.Close(context.WithoutCancel(t.Context())) }()
	_, err = app.Exec(t.Context(), "set role orgmodes_app")
	require.NoError(t, err)
	owner, err := pgx.Connect(t.Context(), l.owner)
	require.NoError(t, err)
	defer func() { _ = owner.Close(context.WithoutCancel(t.Context())) }()
	for _, statement := range []string{
		"update audit_log set actor_name = 'somebody else'", "delete from audit_log", "truncate audit_log",
		"update versions set content = '{}'", "delete from versions", "truncate versions",
	} {
		_, err := app.Exec(t.Context(), statement)
		require.ErrorContains(t, err, "permission denied", statement)
		_, err = owner.Exec(t.Context(), statement)
		require.ErrorContains(t, err, "append-only", statement)
	}
	for _, statement := range []string{"drop table audit_log", "alter table audit_log disable trigger all", "drop trigger audit_log_append_only on audit_log"} {
		_, err := app.Exec(t.Context(), statement)
		require.ErrorContains(t, err, "must be owner", statement)
	}
}

func TestUnknownOrganizationIsNotFound(t *testing.T) {
	l := newLibrary(t)
	_, err := l.db.Modes.Create(t.Context(), ada, uuid.New(), mode("docs"))
	require.True(t, fault.Is(err, fault.NotFound))
	for _, ref := range []string{"nobody", uuid.NewString(), "", "\x00", "ACME"} {
		_, err = l.db.Organization(t.Context(), ref)
		_, ok := fault.As(err)
		require.True(t, ok, "%q: %v", ref, err)
	}
	require.NoError(t, l.db.DeleteOrganization(t.Context(), ada, l.org.ID))
	_, err = l.db.Organization(t.Context(), "acme")
	require.True(t, fault.Is(err, fault.NotFound))
	_, err = l.db.Modes.Create(t.Context(), ada, l.org.ID, mode("docs"))
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
}

func TestFailedEditChangesNothing(t *testing.T) {
	l := newLibrary(t)
	l.create("docs")
	before := l.countTraces()
	broken := errors.New("the edit gave up")
	_, err := l.db.Modes.Update(t.Context(), ada, l.org.ID, "docs", 0, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		return m, broken
	})
	require.ErrorIs(t, err, broken)
	require.Equal(t, before, l.countTraces())
}

// Stored configuration is returned unchanged, including unknown fields.
func TestUnknownConfigFieldsArePreserved(t *testing.T) {
	l := newLibrary(t)
	m := mode("docs")
	m.Config.Groups = []modes.Group{{Name: "edit", Restriction: &modes.Restriction{FileRegex: `\.md$`, Description: "Markdown", Extra: map[string]any{"x": "y"}}}}
	m.Config.CustomInstructions = "  indented\n\ttab  \n\u2028 👩‍💻 עברית\r\n"
	m.Config.Extra = map[string]any{"rulesFiles": []any{map[string]any{"relativePath": "a/b.md", "content": "# hi\n"}}, "nothing": nil, "deep": map[string]any{"z": true}}
	want := m.Normalized()
	_, err := l.db.Modes.Create(t.Context(), ada, l.org.ID, m)
	require.NoError(t, err)
	got, err := l.db.Modes.Get(t.Context(), l.org.ID, "docs")
	require.NoError(t, err)
	require.Equal(t, want, got.Mode)
}
