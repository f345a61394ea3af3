package api_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orgmodes/internal/prove"
)

// filesOf returns the files of a zip file, by name.
func filesOf(t *testing.T, archive []byte) map[string]string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	require.NoError(t, err)
	out := map[string]string{}
	for _, f := range r.File {
		in, err := f.Open()
		require.NoError(t, err)
		data, err := io.ReadAll(in)
		require.NoError(t, err)
		require.NoError(t, in.Close())
		out[f.Name] = string(data)
	}
	return out
}

func templateItemActions(plan map[string]any) []string {
	var out []string
	for _, m := range plan["templates"].([]any) {
		out = append(out, m.(map[string]any)["action"].(string))
	}
	return out
}

func templateItem(plan map[string]any, i int) map[string]any {
	return plan["templates"].([]any)[i].(map[string]any)
}

func TestTemplateImportAndExport(t *testing.T) {
	t.Parallel()
	s := newSiteWithoutTemplates(t)
	ids := []string{uuid.NewString(), uuid.NewString()}
	files := [][2]string{}
	for i, name := range []string{"Foo Bar", "foo-bar"} {
		files = append(files, [2]string{ids[i] + ".json", fmt.Sprintf(`{"template_id": %q, "name": %q, "permission_mode": "plan", "allowed_tools": ["read"]}`, ids[i], name)})
	}
	zipped := []string{"Content-Type", "application/zip"}
	packed := archive(t, files...)
	plan := s.do("POST", "/templates/import?dry_run=true", s.write, packed, zipped...).ok(200)
	require.Equal(t, []string{"create", "create"}, templateItemActions(plan.json()))
	require.Zero(t, s.count("select count(*) from permission_templates where organization_id = $1", s.acme.ID), "a dry run leaves no trace")
	done := s.do("POST", "/templates/import", s.write, packed, append(zipped, "If-Match", plan.header.Get("ETag"))...).ok(200).json()
	require.Equal(t, true, done["applied"])
	require.ElementsMatch(t, ids, []any{templateItem(done, 0)["id"], templateItem(done, 1)["id"]}, "files keep their ids")
	require.Equal(t, 2, s.count("select count(*) from audit_log where action = 'template.import' and revision = 2"), "one change")

	out := s.do("GET", "/templates/export", s.write, "").ok(200)
	require.Equal(t, "attachment; filename=acme.templates.zip", out.header.Get("Content-Disposition"))
	folder := filesOf(t, out.body)
	require.ElementsMatch(t, []string{ids[0] + ".json", ids[1] + ".json"}, slices.Collect(maps.Keys(folder)), "two names that look alike are two files")
	again := s.do("POST", "/templates/import", s.write, string(out.body), zipped...).ok(200).json()
	require.Equal(t, []string{"unchanged", "unchanged"}, templateItemActions(again))

	// The other formats: a single file, an envelope, a list. Each can be imported again
	// unchanged.
	one := s.do("GET", "/templates/export?format=file&template=foo%20bar", s.write, "").ok(200)
	require.Equal(t, folder[ids[0]+".json"], string(one.body))
	envelope := s.do("GET", "/templates/export?format=envelope&template="+ids[1], s.write, "").ok(200).json()
	require.EqualValues(t, 1, envelope["version"])
	require.Equal(t, "foo-bar", envelope["template"].(map[string]any)["name"])
	require.NotEmpty(t, envelope["exported_at"])
	require.Len(t, s.do("GET", "/templates/export?format=json", s.write, "").ok(200).array(), 2)
	for _, query := range []string{"format=json", "format=envelope", "format=envelope&template=foo-bar", "format=file&template=foo-bar", "format=zip"} {
		body := s.do("GET", "/templates/export?"+query, s.write, "").ok(200).body
		plan := s.do("POST", "/templates/import", s.write, string(body), "Content-Type", "application/octet-stream").ok(200).json()
		require.Zero(t, summary(plan, "create")+summary(plan, "update")+summary(plan, "invalid")+summary(plan, "conflict"), query)
		require.Positive(t, summary(plan, "unchanged"), query)
	}
	s.do("GET", "/templates/export?format=file", s.write, "").problem(400, "malformed_query")
	s.do("GET", "/templates/export?format=toml", s.write, "").problem(400, "malformed_query")
	s.do("GET", "/templates/export?template=nope", s.write, "").problem(404, "template_not_found")
}

func TestTemplateImportChoices(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := s.do("GET", "/templates/Code%20Expert", s.write, "").ok(200).json()
	file := `[{"name":"code expert","permission_mode":"plan"},{"name":"New","permission_mode":"plan"}]`
	plan := s.do("POST", "/templates/import?dry_run=true", s.write, file).ok(200)
	require.Equal(t, []string{"conflict", "create"}, templateItemActions(plan.json()))
	require.Equal(t, "code expert (2)", templateItem(plan.json(), 0)["free_name"])
	p := s.do("POST", "/templates/import", s.write, file).problem(422, "invalid_templates")
	require.Equal(t, []string{"conflict", "create"}, templateItemActions(p["plan"].(map[string]any)))
	require.Equal(t, "/0/name", p["errors"].([]any)[0].(map[string]any)["pointer"])
	require.Equal(t, 4, s.count("select count(*) from permission_templates where organization_id = $1", s.acme.ID), "nothing of it")

	// Changed since the plan: nothing is imported, and the answer has the new plan.
	s.template("Third", "plan")
	conflict := s.do("POST", "/templates/import?on_conflict=skip", s.write, file, "If-Match", plan.header.Get("ETag"))
	require.Equal(t, []string{"skip", "create"}, templateItemActions(conflict.problem(412, "revision_conflict")["plan"].(map[string]any)))
	done := s.do("POST", "/templates/import?on_conflict=skip", s.write, file, "If-Match", conflict.header.Get("ETag")).ok(200).json()
	require.Equal(t, []string{"skip", "create"}, templateItemActions(done))
	renamed := s.do("POST", "/templates/import?on_conflict=rename&index=0", s.write, file).ok(200).json()
	require.Equal(t, "code expert (2)", templateItem(renamed, 0)["becomes"].(map[string]any)["name"])
	require.Equal(t, before, s.do("GET", "/templates/Code%20Expert", s.write, "").ok(200).json())
	choices := url.QueryEscape(`{"by_name":{"CODE EXPERT":"replace"}}`)
	replaced := s.do("POST", "/templates/import?choices="+choices, s.write, file).ok(200).json()
	require.Equal(t, []string{"update", "unchanged"}, templateItemActions(replaced))
	require.Equal(t, before["template_id"], templateItem(replaced, 0)["id"])
	require.Equal(t, "plan", s.do("GET", "/templates/"+before["template_id"].(string), s.write, "").ok(200).json()["permission_mode"])

	s.do("POST", "/templates/import?on_conflict=fly", s.write, file).problem(422, "invalid_choice")
	s.do("POST", "/templates/import?index=x", s.write, file).problem(400, "malformed_query")
	s.do("POST", "/templates/import?index=9", s.write, file).problem(422, "invalid_choice")
	s.do("POST", "/templates/import?choices=%7B%22x%22:1%7D", s.write, file).problem(422, "invalid_body")

	// An invalid template refuses the whole import, or is left out.
	bad := `{"templates":[{"name":"Good","permission_mode":"plan"},{"name":"Bad","permission_mode":"yolo"}]}`
	p = s.do("POST", "/templates/import", s.write, bad).problem(422, "invalid_templates")
	blamed := p["errors"].([]any)[0].(map[string]any)
	require.Equal(t, "/templates/1/permission_mode", blamed["pointer"])
	require.EqualValues(t, 1, blamed["line"])
	require.Equal(t, []string{"create", "invalid"}, templateItemActions(s.do("POST", "/templates/import?only=valid", s.write, bad).ok(200).json()))
	body, media := form(t, [][2]string{{"a.json", `{"name":"From a form","permission_mode":"plan"}`}, {"readme.md", "hello"}}, "dry_run", "true")
	require.Equal(t, []string{"create"}, templateItemActions(s.do("POST", "/templates/import", s.write, body, "Content-Type", media).ok(200).json()))
	s.do("POST", "/templates/import", s.write, archive(t, [2]string{"../x.json", "{}"}), "Content-Type", "application/zip").problem(422, "unsafe_archive")
}

// specFields lists the fields of a template that users edit.
var specFields = []string{"name", "permission_mode", "allowed_tools", "default_role", "default_system_prompt", "description"}

func withoutServerFields(t interface{ Helper() }, m map[string]any) map[string]any {
	t.Helper()
	out := map[string]any{}
	for _, f := range specFields {
		out[f] = m[f]
	}
	return out
}

// TestTemplateFieldsSurviveImportAndExport: every field of a template survives each way of
// import and export.
func TestTemplateFieldsSurviveImportAndExport(t *testing.T) {
	t.Parallel()
	s := newSiteWithoutTemplates(t)
	other, err := s.db.Organization(t.Context(), "other")
	require.NoError(t, err)
	foreign := s.token(s.stranger, other, "read", "write")
	const otherOrganization = "!/api/v1/organizations/other"
	s.sql(`delete from permission_templates where organization_id = $1`, other.ID)

	text := rapid.OneOf(rapid.Just[any](nil), rapid.Map(rapid.StringOfN(rapid.RuneFrom([]rune("aé<&>\"\\\n\t 漢\U0001F600")), 0, 12, -1), func(s string) any { return s }))
	tool := rapid.SampledFrom([]string{"read", "Read", "Bash(git status:*)", "mcp__github__*", "mcp__files__read", "send_comm", "Edit(src/**)"})
	n := 0
	prove.Property(t, 12, func(r *rapid.T) {
		n++
		want := map[string]any{
			"name":                  fmt.Sprintf("%s %d", rapid.StringOfN(rapid.RuneFrom([]rune("aB<é漢-")), 1, 8, -1).Draw(r, "name"), n),
			"permission_mode":       rapid.SampledFrom([]string{"default", "acceptEdits", "plan", "bypassPermissions"}).Draw(r, "mode"),
			"allowed_tools":         slices.Collect(anyOf(rapid.SliceOfNDistinct(tool, 0, 4, rapid.ID[string]).Draw(r, "tools"))),
			"default_role":          text.Draw(r, "role"),
			"default_system_prompt": text.Draw(r, "prompt"),
			"description":           text.Draw(r, "description"),
		}
		if want["allowed_tools"] == nil || len(want["allowed_tools"].([]any)) == 0 {
			want["allowed_tools"] = []any{}
		}
		body, err := json.Marshal(want)
		require.NoError(r, err)
		created := s.do("POST", legacyPath, s.write, string(body)).ok(200)
		id := created.json()["template_id"].(string)
		same := func(got map[string]any, way string) {
			r.Helper()
			require.Equal(r, want, withoutServerFields(r, got), way)
		}
		same(created.json(), "create")
		same(s.do("GET", legacyPath+"/"+id, s.write, "").ok(200).json(), "get")
		own := s.do("GET", "/templates/"+id, s.write, "").ok(200)
		same(own.json(), "own get")
		same(s.do("PUT", legacyPath+"/"+id, s.write, string(created.body)).ok(200).json(), "sent back")
		same(s.do("PUT", "/templates/"+id, s.write, string(own.body), "If-Match", own.header.Get("ETag")).ok(200).json(), "replaced")
		require.EqualValues(r, 1, s.do("GET", "/templates/"+id, s.write, "").ok(200).json()["version"], "none of this was a change")
		same(s.do("GET", "/templates/"+id+"/versions/1", s.write, "").ok(200).json()["template"].(map[string]any), "version")

		for _, format := range []string{"zip", "file", "envelope", "json"} {
			file := s.do("GET", "/templates/export?format="+format+"&template="+id, s.write, "").ok(200).body
			plan := s.do("POST", otherOrganization+"/templates/import", foreign, string(file), "Content-Type", "application/octet-stream").ok(200).json()
			line := templateItem(plan, 0)
			require.Contains(r, []any{"create", "unchanged"}, line["action"], format)
			same(s.do("GET", otherOrganization+"/templates/"+line["id"].(string), foreign, "").ok(200).json(), "elsewhere, by "+format)
		}
		// Back in its own organization, it is unchanged.
		back := s.do("GET", otherOrganization+"/templates/export?format=json", foreign, "").ok(200)
		plan := s.do("POST", "/templates/import?dry_run=true", s.write, string(back.body)).ok(200).json()
		require.Len(r, plan["templates"], summary(plan, "unchanged"))
	})
	require.NotContains(t, s.log.String(), "level=ERROR")
}

func anyOf(list []string) func(func(any) bool) {
	return func(yield func(any) bool) {
		for _, s := range list {
			if !yield(s) {
				return
			}
		}
	}
}

// TestImportFromOtherOrganizationGetsNewIDs: an object whose id is taken gets a new one,
// and the other organization is not changed.
func TestImportFromOtherOrganizationGetsNewIDs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other, err := s.db.Organization(t.Context(), "other")
	require.NoError(t, err)
	foreign := s.token(s.stranger, other, "read", "write")
	created := s.template("Reviewer", "plan", "read")
	before := s.do("GET", legacyPath, s.write, "").ok(200).body
	folder := s.do("GET", "/templates/export", s.write, "").ok(200).body
	plan := s.do("POST", "!/api/v1/organizations/other/templates/import", foreign, string(folder), "Content-Type", "application/zip").ok(200).json()
	require.Equal(t, 1, summary(plan, "create"))
	require.Equal(t, 4, summary(plan, "unchanged"), "the shipped ones are the same there")
	for _, l := range plan["templates"].([]any) {
		if line := l.(map[string]any); line["action"] == "create" {
			require.NotEqual(t, created["template_id"], line["id"])
			require.Contains(t, line["notices"].([]any)[0].(map[string]any)["detail"], "new id")
		}
	}
	require.Equal(t, string(before), string(s.do("GET", legacyPath, s.write, "").ok(200).body))

	// A template that was deleted here still has its history here.
	s.do("DELETE", legacyPath+"/"+created["template_id"].(string), s.write, "").ok(200)
	s.sql(`delete from permission_templates where organization_id = $1`, other.ID)
	one := strings.Replace(templateJSON("Reviewer", "plan"), "{", `{"template_id":"`+created["template_id"].(string)+`",`, 1)
	plan = s.do("POST", "!/api/v1/organizations/other/templates/import", foreign, one).ok(200).json()
	require.NotEqual(t, created["template_id"], templateItem(plan, 0)["id"])
	s.do("POST", "/templates/"+created["template_id"].(string)+"/versions/1/restore", s.write, "").ok(200)
	require.NotContains(t, s.log.String(), "level=ERROR")
}
