package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin"
)

func TestTemplateFromCreationToDeletion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	created := s.do("POST", "/templates", s.write, `{"name":"Reviewer","permission_mode":"plan","allowed_tools":["read"],"description":"a <b>"}`).ok(201)
	id := created.json()["template_id"].(string)
	require.Equal(t, "/api/v1/organizations/"+s.acme.ID.String()+"/templates/"+id, created.header.Get("Location"))
	require.Equal(t, created.header.Get("ETag"), created.json()["etag"])
	require.Contains(t, string(created.body), "a <b>")
	got := s.do("GET", "!"+created.header.Get("Location"), s.write, "").ok(200)
	require.JSONEq(t, string(created.body), string(got.body))
	require.JSONEq(t, string(created.body), string(s.do("GET", "/templates/%20reviewer%20", s.write, "").ok(200).body), "capitals make no difference")

	// Replaced whole: with the precondition, and absent fields are cleared.
	body := `{"name":"Reviewer","permission_mode":"default"}`
	s.do("PUT", "/templates/Reviewer", s.write, body).problem(428, "precondition_required")
	replaced := s.do("PUT", "/templates/Reviewer", s.write, body, "If-Match", got.header.Get("ETag")).ok(200).json()
	require.Nil(t, replaced["description"])
	require.Equal(t, []any{}, replaced["allowed_tools"])
	require.EqualValues(t, 2, replaced["version"])
	conflict := s.do("PUT", "/templates/Reviewer", s.write, body, "If-Match", got.header.Get("ETag")).problem(412, "version_conflict")
	require.Equal(t, replaced, conflict["current"])
	require.Equal(t, "Reviewer", conflict["yours"].(map[string]any)["name"])
	require.Contains(t, conflict["detail"], "The template was changed by olive")

	// A response can be sent back whole.
	s.do("PUT", "/templates/Reviewer", s.write, string(got.body), "If-Match", replaced["etag"].(string)).ok(200)
	patch := []string{"Content-Type", "application/merge-patch+json"}
	patched := s.do("PATCH", "/templates/Reviewer", s.write, `{"description":null,"default_role":"","allowed_tools":[]}`, patch...).ok(200).json()
	require.Nil(t, patched["description"])
	requireEmptyText(t, patched["default_role"])
	require.Equal(t, []any{}, patched["allowed_tools"])
	require.Equal(t, "plan", patched["permission_mode"])
	p := s.do("PATCH", "/templates/Reviewer", s.write, `{"name":"  "}`, patch...).problem(422, "template_name_empty")
	require.Equal(t, "Template name is empty", p["title"])
	taken := s.do("PATCH", "/templates/Reviewer", s.write, `{"name":"code expert"}`, patch...).problem(409, "template_name_taken")
	require.Equal(t, "Code Expert", taken["current"].(map[string]any)["name"])
	require.Equal(t, "code expert", taken["yours"].(map[string]any)["name"])
	s.do("POST", "/templates", s.write, templateJSON("reviewer", "plan")).problem(409, "template_name_taken")
	s.do("POST", "/templates", s.write, templateJSON("x", "yolo")).problem(422, "invalid_permission_mode")

	s.do("DELETE", "/templates/Reviewer", s.write, "").problem(428, "precondition_required")
	s.do("DELETE", "/templates/Reviewer", s.write, "", "If-Match", patched["etag"].(string)).ok(204)
	s.do("PUT", "/templates/"+id, s.write, body, "If-Match", patched["etag"].(string)).problem(412, "template_deleted")
	deleted := s.do("GET", "/templates/deleted", s.write, "").ok(200).json()["deleted"].([]any)
	require.Len(t, deleted, 1)
	require.Equal(t, id, deleted[0].(map[string]any)["template_id"])

	// The history has all versions, and any of them can be restored.
	versions := s.do("GET", "/templates/"+id+"/versions", s.write, "").ok(200).json()["versions"].([]any)
	require.Len(t, versions, 5)
	require.Equal(t, "delete", versions[0].(map[string]any)["action"])
	first := s.do("GET", "/templates/"+id+"/versions/1", s.write, "").ok(200).json()["template"].(map[string]any)
	require.Equal(t, "a <b>", first["description"])
	changes := s.do("GET", "/templates/"+id+"/diff?from=1&to=2", s.write, "").ok(200).json()["changes"].([]any)
	require.Len(t, changes, 3)
	back := s.do("POST", "/templates/"+id+"/versions/1/restore", s.write, "").ok(200).json()
	require.Equal(t, id, back["template_id"])
	require.Equal(t, []any{"read"}, back["allowed_tools"])
	require.Equal(t, 6, s.count("select count(*) from audit_log where subject_kind = 'template' and subject_id = $1", id))
}

func TestTemplateList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	list := s.do("GET", "/templates?limit=3", s.write, "").ok(200)
	require.NotEmpty(t, list.header.Get("ETag"))
	first := list.json()
	require.EqualValues(t, 4, first["total"])
	var got []string
	for _, m := range first["templates"].([]any) {
		got = append(got, m.(map[string]any)["name"].(string))
	}
	require.Equal(t, []string{"Code Expert", "Project Manager", "Safe Sandbox"}, got)
	rest := s.do("GET", "/templates?cursor="+first["next_cursor"].(string), s.write, "").ok(200).json()
	require.Equal(t, "Web Researcher", rest["templates"].([]any)[0].(map[string]any)["name"])
	require.NotContains(t, rest, "next_cursor")
}

func TestRestoreDefaultTemplates(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, name := range []string{"Safe%20Sandbox", "Code%20Expert"} {
		s.do("DELETE", "/templates/"+name, s.write, "", "If-Match", "*").ok(204)
	}
	s.template("CODE EXPERT", "plan")
	added := s.do("POST", "/templates/defaults", s.write, "").ok(200).json()["added"].([]any)
	require.Len(t, added, 1)
	require.Equal(t, "Safe Sandbox", added[0].(map[string]any)["name"])
	require.Equal(t, "plan", s.do("GET", "/templates/code%20expert", s.write, "").ok(200).json()["permission_mode"], "another's is left alone")
	require.Empty(t, s.do("POST", "/templates/defaults", s.write, "").ok(200).json()["added"])
}

func TestResolve(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.do("POST", "/templates/Code%20Expert/resolve", s.write, `{"allowed_tools":["read","web_fetch"],"permission_mode":"bypassPermissions","role":"Mine"}`).ok(200).json()
	require.Equal(t, []any{"read"}, got["allowed_tools"].(map[string]any)["value"])
	require.Equal(t, "acceptEdits", got["permission_mode"].(map[string]any)["value"])
	require.Equal(t, "Mine", got["role"].(map[string]any)["value"])
	require.Len(t, got["refused"], 2)
	s.do("POST", "/templates/Code%20Expert/resolve", s.write, `{"tools":[]}`).problem(422, "invalid_request")
	s.do("POST", "/templates/nope/resolve", s.write, `{}`).problem(404, "template_not_found")
}

func TestTemplateToolsOfInstallation(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *admin.Options) {
		tools, err := o.DB.Tools.With("deploy=Rolls out a release.")
		require.NoError(t, err)
		o.DB.Tools = tools
	})
	got := s.do("GET", "/templates/tools", s.write, "").ok(200).json()
	require.Contains(t, got["tools"], map[string]any{"name": "deploy", "allows": "Rolls out a release."})
	require.Contains(t, got["tools"], map[string]any{"name": "Read", "allows": "Reads files."})
	require.Len(t, got["permission_modes"], 4)
	s.do("POST", "/templates", s.write, templateJSON("Releaser", "plan", "deploy")).ok(201)
	p := s.do("POST", "/templates", s.write, templateJSON("Other", "plan", "deplpy")).problem(422, "invalid_template")
	require.Contains(t, p["errors"].([]any)[0].(map[string]any)["detail"], "deploy")
}
