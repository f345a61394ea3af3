package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin"
	"orgmodes/internal/postgres"
	"orgmodes/internal/templates"
)

// legacyPath is the path that existing clients use.
const legacyPath = "!/api/templates"

func templateJSON(name, permissionMode string, tools ...string) string {
	data, err := json.Marshal(map[string]any{"name": name, "permission_mode": permissionMode, "allowed_tools": append([]string{}, tools...)})
	if err != nil {
		panic(err)
	}
	return string(data)
}

// array decodes a body that is a list of objects.
func (a answer) array() []map[string]any {
	a.t.Helper()
	var list []map[string]any
	require.NoError(a.t, json.Unmarshal(a.body, &list), "%d %s", a.status, a.body)
	return list
}

func names(list []map[string]any) []string {
	out := []string{}
	for _, m := range list {
		out = append(out, m["name"].(string))
	}
	return out
}

// newSiteWithoutTemplates returns a site whose Acme has no templates.
func newSiteWithoutTemplates(t *testing.T, change ...func(*admin.Options)) *site {
	t.Helper()
	s := newSite(t, change...)
	s.sql(`delete from permission_templates where organization_id = $1`, s.acme.ID)
	return s
}

func (s *site) template(name, permissionMode string, tools ...string) map[string]any {
	s.t.Helper()
	return s.do("POST", legacyPath, s.write, templateJSON(name, permissionMode, tools...)).ok(200).json()
}

// requireEmptyText requires an empty text rather than null.
func requireEmptyText(t *testing.T, v any) {
	t.Helper()
	text, ok := v.(string)
	require.True(t, ok, "%v is no text", v)
	require.Empty(t, text)
}

func TestLegacyCreate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	created := s.do("POST", legacyPath, s.write, `{"name":" Reviewer ","permission_mode":"plan","allowed_tools":["Read","Bash(git diff:*)"],"default_role":"Reviews","description":""}`).ok(200).json()
	id, err := uuid.Parse(created["template_id"].(string))
	require.NoError(t, err)
	require.Equal(t, "Reviewer", created["name"])
	require.Equal(t, "plan", created["permission_mode"])
	require.Equal(t, []any{"Read", "Bash(git diff:*)"}, created["allowed_tools"])
	require.Equal(t, "Reviews", created["default_role"])
	require.Nil(t, created["default_system_prompt"])
	requireEmptyText(t, created["description"])
	require.NotEmpty(t, created["created_at"])
	require.Equal(t, created["created_at"], created["updated_at"])
	require.Len(t, created, 9, "and nothing that clients don't know")

	saved, err := s.db.Templates.Get(t.Context(), s.acme.ID, id.String())
	require.NoError(t, err)
	require.Equal(t, "Reviewer", saved.Name)
	list := s.do("GET", legacyPath, s.write, "").ok(200).array()
	require.Contains(t, list, created)
	require.Equal(t, created, s.do("GET", legacyPath+"/"+id.String(), s.write, "").ok(200).json())
	require.Equal(t, 1, s.count("select count(*) from audit_log where action = 'template.create' and subject_id = $1 and actor_kind = 'token'", id.String()))
}

func TestLegacyList(t *testing.T) {
	t.Parallel()
	s := newSiteWithoutTemplates(t)
	require.Equal(t, "[]\n", string(s.do("GET", legacyPath, s.write, "").ok(200).body))
	for _, name := range []string{"beta", "Alpha", "Gamma"} {
		s.template(name, "default", "read")
	}
	list := s.do("GET", legacyPath, s.write, "").ok(200).array()
	require.Equal(t, []string{"Alpha", "beta", "Gamma"}, names(list))
	for _, m := range list {
		require.NotEmpty(t, m["template_id"])
		require.Equal(t, "default", m["permission_mode"])
	}
}

func TestLegacyGet(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	created := s.template("Reviewer", "acceptEdits", "read")
	require.Equal(t, created, s.do("GET", legacyPath+"/"+created["template_id"].(string), s.write, "").ok(200).json())
	for _, ref := range []string{uuid.NewString(), "nope"} {
		p := s.do("GET", legacyPath+"/"+ref, s.write, "").problem(404, "template_not_found")
		require.Equal(t, "Template not found", p["detail"])
	}
	s.do("GET", legacyPath+"/%00", s.write, "").problem(400, "malformed_path")
	s.do("PUT", legacyPath+"/"+uuid.NewString(), s.write, `{"name":"x"}`).problem(404, "template_not_found")
	s.do("DELETE", legacyPath+"/"+uuid.NewString(), s.write, "").problem(404, "template_not_found")
}

func TestLegacyUpdate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	created := s.do("POST", legacyPath, s.write, `{"name":"Reviewer","permission_mode":"plan","allowed_tools":["read"],"default_role":"Reviews","default_system_prompt":"Be kind.","description":"d"}`).ok(200).json()
	at := legacyPath + "/" + created["template_id"].(string)
	changed := s.do("PUT", at, s.write, `{"allowed_tools":["read","write"]}`).ok(200).json()
	require.Equal(t, []any{"read", "write"}, changed["allowed_tools"])
	require.Greater(t, changed["updated_at"], created["updated_at"])
	require.Equal(t, changed, s.do("GET", at, s.write, "").ok(200).json())
	for _, same := range []string{"template_id", "name", "permission_mode", "default_role", "default_system_prompt", "description", "created_at"} {
		require.Equal(t, created[same], changed[same], same)
	}

	// An absent field is unchanged, null clears it, and an empty one is stored as empty.
	cleared := s.do("PUT", at, s.write, `{"default_role":null,"description":"","allowed_tools":[]}`).ok(200).json()
	require.Nil(t, cleared["default_role"])
	requireEmptyText(t, cleared["description"])
	require.Equal(t, []any{}, cleared["allowed_tools"], "a cleared list is cleared")
	require.Equal(t, "Be kind.", cleared["default_system_prompt"])
	require.Equal(t, cleared, s.do("GET", at, s.write, "").ok(200).json())
	again := s.do("PUT", at, s.write, `{}`).ok(200).json()
	require.Equal(t, cleared, again, "what changes nothing is no change")

	// A response can be sent back whole.
	whole, err := json.Marshal(cleared)
	require.NoError(t, err)
	require.Equal(t, cleared, s.do("PUT", at, s.write, string(whole)).ok(200).json())
	s.do("PUT", at, s.write, `{"name":"Late"}`, "If-Match", `"`+uuid.NewString()+`.1"`).problem(412, "version_conflict")

	for _, name := range []string{"", "  ", " \t\n"} {
		body, err := json.Marshal(map[string]string{"name": name})
		require.NoError(t, err)
		p := s.do("PUT", at, s.write, string(body)).problem(400, "template_name_empty")
		require.Equal(t, "Template name cannot be empty", p["detail"])
		p = s.do("POST", legacyPath, s.write, templateJSON(name, "plan")).problem(400, "template_name_empty")
		require.Equal(t, "Template name cannot be empty", p["detail"])
	}
	require.Equal(t, cleared, s.do("GET", at, s.write, "").ok(200).json())
}

func TestLegacyDelete(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	created := s.template("Reviewer", "plan", "read")
	id := created["template_id"].(string)
	require.Contains(t, filesOf(t, s.do("GET", "/templates/export", s.write, "").ok(200).body), id+".json")
	require.JSONEq(t, `{"deleted":true}`, string(s.do("DELETE", legacyPath+"/"+id, s.write, "").ok(200).body))
	require.NotContains(t, names(s.do("GET", legacyPath, s.write, "").ok(200).array()), "Reviewer")
	s.do("GET", legacyPath+"/"+id, s.write, "").problem(404, "template_not_found")
	require.NotContains(t, filesOf(t, s.do("GET", "/templates/export", s.write, "").ok(200).body), id+".json")
}

func TestLegacyDuplicateName(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := s.do("GET", legacyPath, s.write, "").ok(200).body
	for name, message := range map[string]string{
		"Code Expert": "Code Expert", " Code Expert ": "Code Expert", "code expert": "code expert", "\tCODE EXPERT\n": "CODE EXPERT",
	} {
		p := s.do("POST", legacyPath, s.write, templateJSON(name, "plan")).problem(400, "template_name_taken")
		require.Equal(t, "Template name already exists", p["title"])
		require.Equal(t, fmt.Sprintf("Template with name '%s' already exists", message), p["detail"])
	}
	created := s.template("Other", "plan")
	s.do("PUT", legacyPath+"/"+created["template_id"].(string), s.write, `{"name":"CODE expert "}`).problem(400, "template_name_taken")
	s.do("DELETE", legacyPath+"/"+created["template_id"].(string), s.write, "").ok(200)
	require.Equal(t, string(before), string(s.do("GET", legacyPath, s.write, "").ok(200).body), "nothing was created, nothing changed")

	// A hyphen is not a space: these are different names, whatever their files are called.
	s.template("Foo Bar", "plan")
	s.template("foo-bar", "plan")
}

func TestLegacyInvalidPermissionMode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := s.do("GET", legacyPath, s.write, "").ok(200).body
	for _, wrong := range []string{"yolo", "", "Plan", "accept_edits"} {
		p := s.do("POST", legacyPath, s.write, templateJSON("New", wrong)).problem(400, "invalid_permission_mode")
		require.Equal(t, "Invalid permission mode", p["title"])
		require.Equal(t, "Invalid permission_mode. Must be one of: default, acceptEdits, plan, bypassPermissions", p["detail"])
		require.Equal(t, "/permission_mode", p["errors"].([]any)[0].(map[string]any)["pointer"])
	}
	require.Equal(t, string(before), string(s.do("GET", legacyPath, s.write, "").ok(200).body), "nothing was created")
	ref := "/" + s.do("GET", legacyPath, s.write, "").array()[0]["template_id"].(string)
	s.do("PUT", legacyPath+ref, s.write, `{"permission_mode":"yolo"}`).problem(400, "invalid_permission_mode")
}

func TestLegacyErrors(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.do("POST", legacyPath, s.write, `{"name":"x","permission_mode":"plan","allow_tools":["read"]}`).problem(422, "invalid_template")
	require.Contains(t, p["errors"].([]any)[0].(map[string]any)["detail"], "allowed_tools", "the nearest known one")
	s.do("POST", legacyPath, s.write, `{"name":"x","permission_mode":"plan","allowed_tools":["Reed"]}`).problem(422, "invalid_template")
	s.do("POST", legacyPath, s.write, `{"name":`).problem(400, "malformed_json")
	s.do("POST", legacyPath, s.write, `name: x`, "Content-Type", "application/yaml").problem(415, "unsupported_media_type")
	s.do("PUT", legacyPath+"/Code%20Expert", s.write, `{"color":"red"}`).problem(422, "invalid_template")
	require.NotContains(t, names(s.do("GET", legacyPath, s.write, "").ok(200).array()), "x")

	// A template that a mode uses can't be deleted.
	s.do("POST", "/modes", s.write, `{"slug":"docs","name":"Docs","config":{"roleDefinition":"You write.","groups":["read"],"permissionTemplate":"Code Expert"}}`).ok(201)
	used := s.do("DELETE", legacyPath+"/Code%20Expert", s.write, "").problem(409, "template_in_use")
	require.Equal(t, "Template is in use", used["title"])
	require.Equal(t, "Docs", used["current"].([]any)[0].(map[string]any)["name"])
	s.do("DELETE", "/templates/Code%20Expert", s.write, "", "If-Match", "*").problem(409, "template_in_use")
	require.Contains(t, names(s.do("GET", legacyPath, s.write, "").ok(200).array()), "Code Expert")
}

// TestLegacyTokenDeterminesOrganization: only the token determines the organization, unless
// it grants several.
func TestLegacyTokenDeterminesOrganization(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other, err := s.db.Organization(t.Context(), "other")
	require.NoError(t, err)
	created := s.template("Ours", "plan")
	foreign := s.token(s.stranger, other, "read", "write")
	require.NotContains(t, names(s.do("GET", legacyPath, foreign, "").ok(200).array()), "Ours")
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		s.do(method, legacyPath+"/"+created["template_id"].(string), foreign, `{}`).problem(404, "template_not_found")
	}
	s.do("GET", legacyPath, foreign, "", "X-KiloCode-OrganizationId", s.acme.ID.String()).problem(404, "organization_not_found")

	// A session is not enough, and neither is a token with only the read scope.
	in := s.signIn("olive@acme.example", goodPassword).ok(201)
	cookie, _, _ := strings.Cut(in.header.Get("Set-Cookie"), ";")
	for _, r := range [][2]string{{"GET", legacyPath}, {"POST", legacyPath}, {"GET", legacyPath + "/x"}, {"PUT", legacyPath + "/x"}, {"DELETE", legacyPath + "/x"}} {
		a := s.do(r[0], r[1], "", "{}", "Cookie", cookie, "X-CSRF-Token", in.json()["csrf_token"].(string))
		a.problem(401, "unauthenticated")
		require.Equal(t, `Bearer realm="orgmodes"`, a.header.Get("WWW-Authenticate"))
		s.do(r[0], r[1], "omt_made_up", "{}").problem(401, "token_refused")
	}
	reads := s.token(s.owner, s.acme, "read")
	s.do("GET", legacyPath, reads, "").ok(200)
	s.do("POST", legacyPath, reads, templateJSON("x", "plan")).problem(403, "forbidden")
	s.do("PUT", legacyPath+"/Ours", reads, `{}`).problem(403, "forbidden")
	s.do("DELETE", legacyPath+"/Ours", reads, "").problem(403, "forbidden")
	s.do("POST", legacyPath, s.token(s.member, s.acme, "read", "write"), templateJSON("x", "plan")).problem(403, "forbidden")
	s.do("GET", legacyPath, s.writeOnly(), "").problem(403, "forbidden")

	// A token for two organizations needs the header.
	require.NoError(t, s.db.AddMember(t.Context(), operator, other.ID, s.owner.ID, "owner"))
	// A member of both, with a token for the other one only: the header grants no access.
	otherToken := s.token(s.owner, other, "read", "write")
	s.do("GET", legacyPath, otherToken, "", "X-KiloCode-OrganizationId", s.acme.ID.String()).problem(404, "organization_not_found")
	s.mcp(otherToken, "X-KiloCode-OrganizationId", s.acme.ID.String()).problem(404, "organization_not_found")
	both := s.keys.Mint()
	_, err = s.db.CreateToken(t.Context(), operator, postgres.NewToken{
		Token: both, Name: "both", User: s.owner.ID, Scopes: []string{"read", "write"}, Organizations: []uuid.UUID{s.acme.ID, other.ID},
	})
	require.NoError(t, err)
	p := s.do("POST", legacyPath, both, templateJSON("x", "plan")).problem(400, "organization_ambiguous")
	require.Contains(t, p["detail"], "X-KiloCode-OrganizationId")
	require.Contains(t, names(s.do("GET", legacyPath, both, "", "x-kilocode-organizationid", s.acme.ID.String()).ok(200).array()), "Ours")
	require.NotContains(t, names(s.do("GET", legacyPath, both, "", "X-KiloCode-OrganizationId", other.ID.String()).ok(200).array()), "Ours")
	s.do("GET", legacyPath, both, "", "X-KiloCode-OrganizationId", "nope").problem(404, "organization_not_found")
}

func TestConcurrentCreatesOfOneTemplateName(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for round := range 10 {
		names := []string{fmt.Sprintf("Racer %d", round), fmt.Sprintf(" RACER %d ", round)}
		answers := sendConcurrently(2, func(i int) answer { return s.do("POST", legacyPath, s.write, templateJSON(names[i], "plan")) })
		winner, loser := 0, 1
		if answers[0].status != 200 {
			winner, loser = 1, 0
		}
		answers[winner].ok(200)
		p := answers[loser].problem(400, "template_name_taken")
		require.Equal(t, strings.TrimSpace(names[winner]), p["current"].(map[string]any)["name"])
	}
	require.Equal(t, 10+len(templates.Defaults()), s.count("select count(*) from permission_templates where organization_id = $1", s.acme.ID))
	all := names(s.do("GET", legacyPath, s.write, "").ok(200).array())
	require.True(t, slices.IsSortedFunc(all, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }))
}
