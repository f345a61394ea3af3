package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestModeFromCreationToDeletion(t *testing.T) {
	t.Parallel()
	s := newSite(t)

	created := s.do("POST", "/modes", s.write, modeJSON("Docs", "You write <docs>.")).ok(201)
	m := created.json()
	require.Equal(t, "Docs", m["slug"])
	require.Equal(t, created.header.Get("ETag"), m["etag"])
	require.Contains(t, string(created.body), "<docs>", "angle brackets stay as they are")
	location := created.header.Get("Location")
	require.Contains(t, location, m["id"])
	for _, field := range []string{"id", "organization_id", "created_by", "created_at", "updated_at", "updated_by", "version"} {
		require.NotEmpty(t, m[field], field)
	}

	got := s.do("GET", "!"+location, s.write, "").ok(200)
	require.JSONEq(t, string(created.body), string(got.body))
	require.Equal(t, created.header.Get("ETag"), got.header.Get("ETag"))
	bySlug := s.do("GET", "/modes/docs", s.write, "").ok(200)
	require.JSONEq(t, string(got.body), string(bySlug.body), "capitals make no difference")

	// A response can be sent back whole, with a change in it.
	back := strings.Replace(string(got.body), "You write <docs>.", "You explain.", 1)
	replaced := s.do("PUT", "/modes/docs", s.write, back, "If-Match", got.header.Get("ETag")).ok(200)
	require.InDelta(t, 2, replaced.json()["version"], 0)
	require.NotEqual(t, got.header.Get("ETag"), replaced.header.Get("ETag"))

	// Flat YAML, as in editors' files, drops the fields that it doesn't have.
	yaml := "slug: Docs\nname: Docs writer\nroleDefinition: You write.\ngroups:\n  - read\n  - - edit\n    - fileRegex: \\.md$\n"
	byYAML := s.do("PUT", "/modes/docs", s.write, yaml, "If-Match", replaced.header.Get("ETag"), "Content-Type", "application/yaml").ok(200)
	require.NotContains(t, string(byYAML.body), "iconName")
	require.Contains(t, string(byYAML.body), `["edit",{"fileRegex":"\\.md$"}]`)

	patched := s.do("PATCH", "/modes/docs", s.write, `{"name":"Scribe","config":{"whenToUse":"Often","x":{"y":1}}}`,
		"Content-Type", "application/merge-patch+json").ok(200)
	require.Equal(t, "Scribe", patched.json()["name"])
	require.Contains(t, string(patched.body), "You write.", "what the patch doesn't name stays")
	cleared := s.do("PATCH", "/modes/docs", s.write, `{"config":{"whenToUse":null}}`, "If-Match", patched.header.Get("ETag")).ok(200)
	require.NotContains(t, string(cleared.body), "whenToUse")

	same := s.do("PATCH", "/modes/docs", s.write, `{"name":"Scribe"}`).ok(200)
	require.Equal(t, cleared.header.Get("ETag"), same.header.Get("ETag"), "what changes nothing is no change")

	s.do("DELETE", "/modes/docs", s.write, "", "If-Match", cleared.header.Get("ETag")).ok(204)
	s.do("GET", "/modes/docs", s.write, "").problem(404, "not_found")

	deleted := s.do("GET", "/modes/deleted", s.write, "").ok(200).json()["deleted"].([]any)
	require.Len(t, deleted, 1)
	require.Equal(t, m["id"], deleted[0].(map[string]any)["mode_id"])

	require.Equal(t, 6, s.count("select count(*) from audit_log where subject_kind = 'mode'"), "an entry for each change, none for the one that wasn't")
	require.Equal(t, 6, s.count("select count(*) from versions where subject_kind = 'mode'"))
	require.Equal(t, 7, s.count("select revision from organizations where slug = 'acme'"))
}

func TestRecreatedModeHasNewIdentity(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	old := s.create("docs")
	s.do("DELETE", "/modes/docs", s.write, "", "If-Match", old).ok(204)
	now := s.create("docs")
	require.NotEqual(t, old, now)
	p := s.do("PUT", "/modes/docs", s.write, modeJSON("docs", "Late"), "If-Match", old).problem(412, "version_conflict")
	require.Equal(t, now, p["current"].(map[string]any)["etag"])
	s.do("DELETE", "/modes/docs", s.write, "", "If-Match", old).problem(412, "version_conflict")
}

func TestModeList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, slug := range []string{"c-one", "a-two", "code"} {
		s.create(slug)
	}
	list := s.do("GET", "/modes", s.write, "").ok(200)
	require.NotEmpty(t, list.header.Get("ETag"))
	require.Equal(t, []string{"c-one", "a-two", "code"}, slugs(list.json()))

	// In pages, and once more after the mode at the end of a page was deleted.
	page := s.do("GET", "/modes?limit=1", s.write, "").ok(200).json()
	require.Equal(t, []string{"a-two", "code"}, slugs(s.do("GET", "/modes?cursor="+page["next_cursor"].(string), s.write, "").ok(200).json()))
	first := s.do("GET", "/modes?limit=2", s.write, "").ok(200).json()
	require.Equal(t, []string{"c-one", "a-two"}, slugs(first))
	require.InDelta(t, 3, first["total"], 0)
	s.do("DELETE", "/modes/a-two", s.write, "", "If-Match", "*").ok(204)
	second := s.do("GET", "/modes?limit=2&cursor="+first["next_cursor"].(string), s.write, "").ok(200).json()
	require.Equal(t, []string{"code"}, slugs(second))
	require.NotContains(t, second, "next_cursor")

	merged := s.do("GET", "/modes?view=merged", s.write, "").ok(200).json()
	require.Equal(t, []string{"code", "architect", "ask", "debug", "orchestrator", "c-one"}, slugs(merged))
	all := merged["modes"].([]any)
	require.Equal(t, true, all[0].(map[string]any)["overrides"])
	require.NotContains(t, all[0], "built_in")
	require.Equal(t, true, all[1].(map[string]any)["built_in"])
	require.NotContains(t, all[1], "etag", "a built-in mode is nobody's to change")
}

func slugs(list map[string]any) []string {
	var out []string
	for _, m := range list["modes"].([]any) {
		out = append(out, m.(map[string]any)["slug"].(string))
	}
	return out
}

func TestVersionsDiffAndRestore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.do("POST", "/modes", s.write, modeJSON("docs", "One\\nTwo")).ok(201).json()["id"].(string)
	s.do("PATCH", "/modes/docs", s.write, `{"config":{"roleDefinition":"One\nThree"}}`).ok(200)
	s.do("PATCH", "/modes/docs", s.write, `{"name":"Renamed"}`).ok(200)

	list := s.do("GET", "/modes/docs/versions?limit=2", s.write, "").ok(200).json()
	require.Len(t, list["versions"], 2)
	newest := list["versions"].([]any)[0].(map[string]any)
	require.InDelta(t, 3, newest["version"], 0)
	require.Equal(t, "olive", newest["actor"].(map[string]any)["name"])
	rest := s.do("GET", "/modes/docs/versions?cursor="+list["next_cursor"].(string), s.write, "").ok(200).json()
	require.Len(t, rest["versions"], 1)

	one := s.do("GET", "/modes/docs/versions/1", s.write, "").ok(200).json()
	require.Equal(t, "One\nTwo", one["mode"].(map[string]any)["config"].(map[string]any)["roleDefinition"])
	s.do("GET", "/modes/docs/versions/9", s.write, "").problem(404, "not_found")
	s.do("GET", "/modes/docs/versions/x", s.write, "").problem(404, "not_found")

	diff := s.do("GET", "/modes/docs/diff?from=1&to=2", s.write, "").ok(200).json()["changes"].([]any)
	require.Len(t, diff, 1)
	require.Equal(t, "/config/roleDefinition", diff[0].(map[string]any)["pointer"])
	require.Len(t, s.do("GET", "/modes/docs/diff?from=1", s.write, "").ok(200).json()["changes"], 2, "to the current one")
	s.do("GET", "/modes/docs/diff", s.write, "").problem(400, "malformed_query")

	restored := s.do("POST", "/modes/docs/versions/1/restore", s.write, "").ok(200).json()
	require.Equal(t, "The docs", restored["name"])
	require.InDelta(t, 4, restored["version"], 0)
	s.do("POST", "/modes/docs/versions/2/restore", s.write, "", "If-Match", `"`+id+`.3"`).problem(412, "version_conflict")

	s.do("DELETE", "/modes/docs", s.write, "", "If-Match", "*").ok(204)
	s.do("GET", "/modes/docs/versions", s.write, "").problem(404, "not_found")
	require.Len(t, s.do("GET", "/modes/"+id+"/versions", s.write, "").ok(200).json()["versions"], 5)
	back := s.do("POST", "/modes/"+id+"/versions/2/restore", s.write, "").ok(200).json()
	require.Equal(t, id, back["id"])
	require.InDelta(t, 6, back["version"], 0)
}

func TestExport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.create("code")
	s.create("docs")

	yaml := s.do("GET", "/modes/export", s.write, "").ok(200)
	require.Equal(t, "application/yaml; charset=utf-8", yaml.header.Get("Content-Type"))
	require.Equal(t, "attachment; filename=acme.modes.yaml", yaml.header.Get("Content-Disposition"))
	require.True(t, strings.HasPrefix(string(yaml.body), "customModes:\n"), "%s", yaml.body)
	require.Equal(t, 2, strings.Count(string(yaml.body), "- slug:"))

	merged := s.do("GET", "/modes/export?view=merged", s.write, "").ok(200)
	require.True(t, strings.HasPrefix(string(merged.body), "# "), "it says not to save it")
	require.Equal(t, "attachment; filename=acme.merged.modes.yaml", merged.header.Get("Content-Disposition"))
	require.Contains(t, string(merged.body), "slug: architect")

	one := s.do("GET", "/modes/export?format=json&slug=DOCS", s.write, "").ok(200).json()
	require.Len(t, one["customModes"], 1)
	s.do("GET", "/modes/export?slug=nope", s.write, "").problem(404, "not_found")
	s.do("GET", "/modes/export?format=toml", s.write, "").problem(400, "malformed_query")

	again := s.do("POST", "/modes/import?dry_run=true", s.write, string(yaml.body), "Content-Type", "application/yaml").ok(200).json()
	require.InDelta(t, 2, again["summary"].(map[string]any)["unchanged"], 0, "what is exported comes back as it is")
}
