package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const twoModes = `customModes:
  - slug: docs
    name: Docs
    roleDefinition: You write.
    groups: [read]
  - slug: tests
    name: Tests
    roleDefinition: You test.
    groups: [read, edit]
`

const modesWithInvalid = twoModes + `  - slug: bad slug
    name: Bad
    roleDefinition: You break.
    groups: [read, fly]
`

func TestImport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	yaml := []string{"Content-Type", "application/yaml"}
	plan := s.do("POST", "/modes/import?dry_run=true", s.write, twoModes, yaml...).ok(200)
	require.Equal(t, []string{"create", "create"}, itemActions(plan.json()))
	require.Equal(t, false, plan.json()["applied"])
	require.Equal(t, 1, s.count("select revision from organizations where slug = 'acme'"), "a dry run leaves no trace")
	require.Zero(t, s.count("select count(*) from organization_modes"))

	done := s.do("POST", "/modes/import", s.write, twoModes, append(yaml, "If-Match", plan.header.Get("ETag"))...).ok(200)
	require.Equal(t, true, done.json()["applied"])
	require.Equal(t, 2, s.count("select revision from organizations where slug = 'acme'"), "one change")
	require.Equal(t, 2, s.count("select count(*) from audit_log where action = 'mode.import' and revision = 2"), "an entry for each mode")

	// The same file changes nothing; another one is reported field by field.
	again := s.do("POST", "/modes/import", s.write, twoModes, yaml...).ok(200).json()
	require.Equal(t, []string{"unchanged", "unchanged"}, itemActions(again))
	require.Equal(t, 2, s.count("select revision from organizations where slug = 'acme'"))
	changed := strings.Replace(twoModes, "You test.", "You test well.", 1)
	plan = s.do("POST", "/modes/import?dry_run=true", s.write, changed, yaml...).ok(200)
	require.Equal(t, []string{"unchanged", "update"}, itemActions(plan.json()))
	change := plan.json()["modes"].([]any)[1].(map[string]any)["changes"].([]any)[0].(map[string]any)
	require.Equal(t, "/config/roleDefinition", change["pointer"])
	require.Equal(t, "You test well.", change["after"])

	// Changed since the plan: nothing is imported, and the answer has the new plan.
	s.create("third")
	conflict := s.do("POST", "/modes/import", s.write, changed, append(yaml, "If-Match", plan.header.Get("ETag"))...)
	p := conflict.problem(412, "revision_conflict")
	require.Equal(t, []string{"unchanged", "update"}, itemActions(p["plan"].(map[string]any)))
	require.InDelta(t, 3, p["current"], 0)
	// And the answer is enough to continue with.
	s.do("POST", "/modes/import", s.write, changed, append(yaml, "If-Match", conflict.header.Get("ETag"))...).ok(200)
}

func TestImportWithInvalidMode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	yaml := []string{"Content-Type", "text/yaml"}
	plan := s.do("POST", "/modes/import?dry_run=true", s.write, modesWithInvalid, yaml...).ok(200).json()
	require.Equal(t, []string{"create", "create", "invalid"}, itemActions(plan))

	p := s.do("POST", "/modes/import", s.write, modesWithInvalid, yaml...).problem(422, "invalid_modes")
	require.Equal(t, []string{"create", "create", "invalid"}, itemActions(p["plan"].(map[string]any)))
	errs := p["errors"].([]any)
	require.Len(t, errs, 2)
	first := errs[0].(map[string]any)
	require.Equal(t, "/customModes/2/slug", first["pointer"])
	require.InDelta(t, 10, first["line"], 0)
	require.Equal(t, "/customModes/2/groups/1", errs[1].(map[string]any)["pointer"], "into the file as it is")
	require.Zero(t, s.count("select count(*) from organization_modes"), "nothing of it")
	require.Equal(t, 1, s.count("select revision from organizations where slug = 'acme'"))

	s.do("POST", "/modes/import?only=valid", s.write, modesWithInvalid, yaml...).ok(200)
	require.Equal(t, 2, s.count("select count(*) from organization_modes"))
}

func TestImportFromForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	body := "--b\r\nContent-Disposition: form-data; name=\"dry_run\"\r\n\r\nfalse\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\".roomodes\"\r\n\r\n" + twoModes + "\r\n--b--\r\n"
	done := s.do("POST", "/modes/import", s.write, body, "Content-Type", "multipart/form-data; boundary=b").ok(200).json()
	require.Equal(t, []string{"create", "create"}, itemActions(done))
}

// A failure midway leaves nothing: no mode, no version, no audit entry, no job, no
// revision.
func TestFailedImportLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"organization_modes", "versions", "audit_log", "river_job"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.create("docs")
			count := func() [5]int {
				return [5]int{
					s.count("select count(*) from organization_modes"), s.count("select count(*) from versions"),
					s.count("select count(*) from audit_log"), s.count("select count(*) from river_job"),
					s.count("select revision from organizations where slug = 'acme'"),
				}
			}
			before := count()
			// The second row of an import fails, after the first one succeeded.
			s.sql(`create sequence seen; grant usage on sequence seen to orgmodes_app`)
			nth := 2
			if table == "river_job" {
				nth = 1
			}
			s.sql(`create function fail() returns trigger language plpgsql as $$
				begin if nextval('seen') = ` + string(rune('0'+nth)) + ` then raise exception 'injected'; end if; return new; end $$`)
			s.sql(`create trigger fail before insert on ` + table + ` for each row execute function fail()`)
			s.do("POST", "/modes/import", s.write, strings.Replace(twoModes, "docs", "other", 1), "Content-Type", "text/yaml").problem(500, "internal")
			require.Equal(t, before, count())
			s.sql(`drop trigger fail on ` + table)
			s.do("POST", "/modes/import", s.write, twoModes, "Content-Type", "text/yaml").ok(200)
			require.Equal(t, before[4]+1, count()[4], "and no revision was lost")
		})
	}
}

func itemActions(plan map[string]any) []string {
	var out []string
	for _, m := range plan["modes"].([]any) {
		out = append(out, m.(map[string]any)["action"].(string))
	}
	return out
}
