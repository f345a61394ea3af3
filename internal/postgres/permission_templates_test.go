package postgres_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

func template(name string) templates.Template {
	role := "does " + name
	return templates.Template{Name: name, PermissionMode: templates.AcceptEdits, AllowedTools: []string{"Bash(git:*)", "read"}, DefaultRole: &role}
}

func (l *library) template(name string) templates.OrganizationTemplate {
	l.t.Helper()
	t, err := l.db.Templates.Create(l.t.Context(), ada, l.org.ID, template(name))
	require.NoError(l.t, err)
	return t
}

func (l *library) templateNames() (names []string) {
	l.t.Helper()
	all, err := l.db.Templates.List(l.t.Context(), l.org.ID)
	require.NoError(l.t, err)
	for _, t := range all {
		names = append(names, t.Name)
	}
	return names
}

func faultCode(err error) string {
	if f, ok := fault.As(err); ok {
		return f.Code
	}
	return fmt.Sprint(err)
}

func TestTemplateChangeWritesVersionAndAudit(t *testing.T) {
	l := newLibrary(t)
	made := l.template("Reviewer")
	require.EqualValues(t, 1, made.Version)
	changed, err := l.db.Templates.Update(t.Context(), ada, l.org.ID, made.ID.String(), 1, func(o templates.OrganizationTemplate) (templates.OrganizationTemplate, error) {
		o.AllowedTools, o.DefaultRole = nil, nil
		return o, nil
	})
	require.NoError(t, err)
	assert.Empty(t, changed.AllowedTools, "a cleared list is cleared")
	assert.Nil(t, changed.DefaultRole)
	assert.False(t, changed.UpdatedAt.Before(made.UpdatedAt))
	_, err = l.db.Templates.Update(t.Context(), ada, l.org.ID, "reviewer", 1, func(o templates.OrganizationTemplate) (templates.OrganizationTemplate, error) { return o, nil })
	require.Equal(t, "version_conflict", faultCode(err))
	_, err = l.db.Templates.Delete(t.Context(), ada, l.org.ID, "reviewer", 2)
	require.NoError(t, err)
	_, err = l.db.Templates.Get(t.Context(), l.org.ID, made.ID.String())
	require.Equal(t, templates.CodeNotFound, faultCode(err))
	back, err := l.db.Templates.Restore(t.Context(), ada, l.org.ID, made.ID, 1, 0)
	require.NoError(t, err)
	assert.Equal(t, made.Template, back.Template)
	assert.EqualValues(t, 4, back.Version)
	assert.EqualValues(t, 5, l.revision())
	assert.EqualValues(t, 4, l.count(`select count(*) from audit_log where subject_id = $1`, made.ID.String()))
	versions, err := l.db.Templates.Versions(t.Context(), l.org.ID, made.ID, 0, 10)
	require.NoError(t, err)
	require.Len(t, versions, 4)
	assert.Equal(t, changed.Template, versions[2].Object.Template)
}

// An empty text is stored as empty.
func TestEmptyTemplateTextIsStoredAsEmpty(t *testing.T) {
	l := newLibrary(t)
	empty := ""
	in := templates.Template{Name: "Texts", PermissionMode: templates.Plan, AllowedTools: []string{}, Description: &empty}
	made, err := l.db.Templates.Create(t.Context(), ada, l.org.ID, in)
	require.NoError(t, err)
	got, err := l.db.Templates.Get(t.Context(), l.org.ID, "TEXTS")
	require.NoError(t, err)
	assert.Equal(t, made, got)
	require.NotNil(t, got.Description)
	assert.Empty(t, *got.Description)
	assert.Nil(t, got.DefaultRole)
}

func TestTemplateNamesAreUniqueIgnoringCase(t *testing.T) {
	l := newLibrary(t)
	l.template("Östlich")
	for _, name := range []string{" Code Expert ", "code expert", "ÖSTLICH"} {
		_, err := l.db.Templates.Create(t.Context(), ada, l.org.ID, template(name))
		require.Equal(t, templates.CodeNameTaken, faultCode(err), name)
	}
	l.template("Foo Bar")
	other := l.template("foo-bar")
	for _, name := range []string{"FOO BAR ", " \t"} {
		_, err := l.db.Templates.Update(t.Context(), ada, l.org.ID, other.ID.String(), 0, func(o templates.OrganizationTemplate) (templates.OrganizationTemplate, error) {
			o.Name = name
			return o, nil
		})
		require.Contains(t, []string{templates.CodeNameTaken, templates.CodeNameEmpty}, faultCode(err), name)
	}
	// The same name in another case is not another name.
	renamed, err := l.db.Templates.Update(t.Context(), ada, l.org.ID, other.ID.String(), 0, func(o templates.OrganizationTemplate) (templates.OrganizationTemplate, error) {
		o.Name = "Foo-Bar"
		return o, nil
	})
	require.NoError(t, err)
	assert.Equal(t, "Foo-Bar", renamed.Name)
	assert.Contains(t, l.templateNames(), "Foo Bar")
	// The database has the constraint, too.
	l.requireViolation(`insert into permission_templates (organization_id, name, permission_mode, created_by, updated_by)
		values ($1, '  CODE expert ', 'plan', 'x', 'x')`, "resources_name_unique", l.org.ID)
	l.requireViolation(`insert into permission_templates (organization_id, name, permission_mode, created_by, updated_by)
		values ($1, 'Wild', 'yolo', 'x', 'x')`, "permission_templates_permission_mode_known", l.org.ID)
}

func TestConcurrentTemplatesOfOneNameHaveOneWinner(t *testing.T) {
	l := newLibrary(t)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			name := "Racer"
			if i%2 == 0 {
				name = " RACER "
			}
			_, errs[i] = l.db.Templates.Create(t.Context(), ada, l.org.ID, template(name))
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		require.Equal(t, templates.CodeNameTaken, faultCode(err))
	}
	require.Equal(t, 1, won)
	require.EqualValues(t, 2, l.revision())
}

func TestDefaultTemplatesAreSeededOnce(t *testing.T) {
	l := newLibrary(t)
	shipped := []string{"Code Expert", "Project Manager", "Safe Sandbox", "Web Researcher"}
	require.Equal(t, shipped, l.templateNames())
	_, err := l.db.Templates.Delete(t.Context(), ada, l.org.ID, "Safe Sandbox", 0)
	require.NoError(t, err)
	n, err := l.db.SeedTemplates(t.Context(), ada, 10)
	require.NoError(t, err)
	require.Zero(t, n, "what was deleted stays deleted")
	added, err := l.db.AddDefaultTemplates(t.Context(), ada, l.org.ID)
	require.NoError(t, err)
	require.Len(t, added, 1)
	require.Equal(t, shipped, l.templateNames())
	revision := l.revision()
	added, err = l.db.AddDefaultTemplates(t.Context(), ada, l.org.ID)
	require.NoError(t, err)
	require.Empty(t, added)
	require.Equal(t, revision, l.revision(), "what changes nothing is no change")

	// An organization older than the templates, seeded several times concurrently, and one
	// that already has templates with all of their names.
	_, err = l.db.CreateOrganization(t.Context(), ada, "has-them", "Has them")
	require.NoError(t, err)
	l.exec(`delete from permission_templates where organization_id = $1`, l.org.ID)
	l.exec(`update organizations set templates_seeded_at = null`)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			_, err := l.db.SeedTemplates(t.Context(), ada, 10)
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	require.Equal(t, shipped, l.templateNames())
	require.Equal(t, revision+1, l.revision())
	n, err = l.db.SeedTemplates(t.Context(), ada, 10)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestModeRefersToTemplateByName(t *testing.T) {
	l := newLibrary(t)
	made := l.template("Reviewer")
	m := mode("docs")
	m.Config.PermissionTemplate = " reviewer "
	docs, err := l.db.Modes.Create(t.Context(), ada, l.org.ID, m)
	require.NoError(t, err)
	require.Equal(t, "Reviewer", docs.Config.PermissionTemplate)
	require.Equal(t, made.ID, docs.PermissionTemplateID)

	dangling := mode("other")
	dangling.Config.PermissionTemplate = "Nobody"
	_, err = l.db.Modes.Create(t.Context(), ada, l.org.ID, dangling)
	f, ok := fault.As(err)
	require.True(t, ok)
	require.Equal(t, "/config/permissionTemplate", f.Fields[0].Pointer)
	require.Contains(t, f.Fields[0].Detail, "Reviewer")

	_, err = l.db.Templates.Delete(t.Context(), ada, l.org.ID, "Reviewer", 0)
	f, ok = fault.As(err)
	require.True(t, ok)
	require.Equal(t, templates.CodeInUse, f.Code)
	require.Equal(t, []resource.Referrer{{Kind: "mode", ID: docs.ID, Name: "The docs"}}, f.Current)

	// A renamed template has its new name everywhere, without a new version of the mode.
	_, err = l.db.Templates.Update(t.Context(), ada, l.org.ID, "Reviewer", 0, func(o templates.OrganizationTemplate) (templates.OrganizationTemplate, error) {
		o.Name = "Critic"
		return o, nil
	})
	require.NoError(t, err)
	lib, err := l.db.Library(t.Context(), l.org.ID, nil, func(postgres.Library) []string { return []string{"mode", "template"} })
	require.NoError(t, err)
	renamed := modes.FromObject(lib.Objects["mode"][0])
	require.Equal(t, "Critic", renamed.Config.PermissionTemplate)
	require.EqualValues(t, 1, renamed.Version)
	require.Len(t, lib.Objects["template"], 5)
	versions, err := l.db.Modes.Versions(t.Context(), l.org.ID, docs.ID, 0, 1)
	require.NoError(t, err)
	require.Equal(t, "Critic", versions[0].Object.Config.PermissionTemplate)

	// Once no mode names it, it can be deleted; a mode version that names it can't be
	// restored without it.
	_, err = l.db.Modes.Update(t.Context(), ada, l.org.ID, "docs", 0, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		m.Config.PermissionTemplate = ""
		return m, nil
	})
	require.NoError(t, err)
	_, err = l.db.Templates.Delete(t.Context(), ada, l.org.ID, "Critic", 0)
	require.NoError(t, err)
	_, err = l.db.Modes.Restore(t.Context(), ada, l.org.ID, docs.ID, 1, 0)
	f, ok = fault.As(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, "/config/permissionTemplate", f.Fields[0].Pointer)
	_, err = l.db.Templates.Restore(t.Context(), ada, l.org.ID, made.ID, 1, 0)
	require.NoError(t, err)
	back, err := l.db.Modes.Restore(t.Context(), ada, l.org.ID, docs.ID, 1, 0)
	require.NoError(t, err)
	require.Equal(t, "Reviewer", back.Config.PermissionTemplate)
}

// Another organization's template is not found, by id or by name, and the database refuses a
// reference to it.
func TestTemplateOfOtherOrganizationIsNotFound(t *testing.T) {
	l := newLibrary(t)
	theirs := l.template("Theirs")
	other, err := l.db.CreateOrganization(t.Context(), ada, "other", "Other")
	require.NoError(t, err)
	for _, ref := range []string{theirs.ID.String(), "Theirs"} {
		_, err = l.db.Templates.Get(t.Context(), other.ID, ref)
		require.True(t, fault.Is(err, fault.NotFound))
		_, err = l.db.Templates.Delete(t.Context(), ada, other.ID, ref, 0)
		require.True(t, fault.Is(err, fault.NotFound))
		m := mode("docs")
		m.Config.PermissionTemplate = ref
		_, err = l.db.Modes.Create(t.Context(), ada, other.ID, m)
		require.True(t, fault.Is(err, fault.Invalid))
	}
	_, err = l.db.Templates.Versions(t.Context(), other.ID, theirs.ID, 0, 10)
	require.True(t, fault.Is(err, fault.NotFound))
	m, err := l.db.Modes.Create(t.Context(), ada, other.ID, mode("docs"))
	require.NoError(t, err)
	l.requireViolation(`update organization_modes set permission_template_id = $2 where id = $1`,
		"organization_modes_permission_template_fkey", m.ID, theirs.ID)
}

func TestTemplateImportIsOneChange(t *testing.T) {
	l := newLibrary(t)
	have, revision, err := l.db.Templates.ListWithRevision(t.Context(), l.org.ID)
	require.NoError(t, err)
	known, id := have[0], uuid.New()
	known.Template = template("Code Expert")
	made := time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC)
	put := func(org uuid.UUID, seen int64, all ...templates.OrganizationTemplate) (resource.Result, error) {
		var ops []resource.Op
		for _, o := range all {
			ops = append(ops, resource.Op{Verb: resource.Put, Kind: templates.KindName, New: o.Object()})
		}
		return l.db.Apply(t.Context(), ada, org, ops, resource.Options{ExpectedRevision: seen})
	}
	result, err := put(l.org.ID, revision,
		known, templates.OrganizationTemplate{ID: id, Template: template("New"), CreatedAt: made, UpdatedAt: time.Now().Add(time.Hour)},
		templates.OrganizationTemplate{Template: have[1].Template})
	require.NoError(t, err)
	require.Equal(t, revision+1, result.Revision)
	done := result.Outcomes
	require.Equal(t, resource.ActionUpdate, done[0].Action)
	require.Equal(t, resource.ActionCreate, done[1].Action)
	require.Equal(t, id, done[1].Object.ID, "a file keeps its id")
	require.Equal(t, made, done[1].Object.CreatedAt, "and says how old it is")
	require.False(t, done[1].Object.UpdatedAt.After(time.Now()), "within reason")
	require.Equal(t, resource.ActionUnchanged, done[2].Action)
	other, err := l.db.CreateOrganization(t.Context(), ada, "other", "Other")
	require.NoError(t, err)
	result, err = put(other.ID, 0, templates.OrganizationTemplate{ID: id, Template: template("New")})
	require.NoError(t, err)
	require.NotEqual(t, id, result.Outcomes[0].Object.ID, "another organization has that one")
	_, err = put(l.org.ID, 0, templates.OrganizationTemplate{Template: template("Good")}, templates.OrganizationTemplate{Template: template(" ")})
	var failed resource.OpErrors
	require.ErrorAs(t, err, &failed)
	require.Equal(t, 1, failed[0].Index)
	f, ok := fault.As(failed[0].Err)
	require.True(t, ok)
	require.Equal(t, "/name", f.Fields[0].Pointer)
	require.NotContains(t, l.templateNames(), "Good", "all or nothing")
}
