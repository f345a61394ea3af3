package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin"
	"orgmodes/internal/resource/resourcetest"
)

const mediaYAML = "application/yaml"

func withGadgets(o *admin.Options) { o.DB.Register(resourcetest.Kind{}) }

// everyKind has a document of each kind. Most documents come before the ones that they
// require.
const everyKind = `
kind: Mode
metadata: {name: docs}
spec:
  name: Docs
  config: {roleDefinition: You write., groups: [read], permissionTemplate: Careful}
---
kind: Gadget
metadata: {name: two}
spec: {requires: one, mode: docs}
---
kind: Gadget
metadata: {name: one}
spec: {}
---
kind: PermissionTemplate
metadata: {name: Careful}
spec: {permission_mode: plan}
`

func (s *site) apply(text string, headers ...string) answer {
	s.t.Helper()
	return s.do("POST", "/apply", s.write, text, append([]string{"Content-Type", mediaYAML}, headers...)...)
}

func actions(a answer) (all []string) {
	for _, o := range a.json()["objects"].([]any) {
		o := o.(map[string]any)
		all = append(all, o["action"].(string)+" "+o["kind"].(string)+" "+o["name"].(string))
	}
	return all
}

func TestApplyIsOneChange(t *testing.T) {
	t.Parallel()
	s := newSite(t, withGadgets)
	before := s.count("select revision from organizations where slug = 'acme'")
	entries := s.count("select count(*) from audit_log")
	all := []string{"create Mode docs", "create Gadget two", "create Gadget one", "create PermissionTemplate Careful"}

	dry := s.do("POST", "/apply?dry_run=true", s.write, everyKind, "Content-Type", mediaYAML).ok(200)
	require.Equal(t, all, actions(dry))
	require.Equal(t, false, dry.json()["applied"])
	require.Equal(t, entries, s.count("select count(*) from audit_log"))

	done := s.apply(everyKind, "If-Match", dry.header.Get("ETag")).ok(200)
	require.Equal(t, all, actions(done))
	require.InDelta(t, before+1, done.json()["revision"], 0)
	require.Equal(t, entries+4, s.count("select count(*) from audit_log"))

	again := s.apply(everyKind).ok(200)
	require.NotContains(t, strings.Join(actions(again), ","), "create")
	require.InDelta(t, before+1, again.json()["revision"], 0)
	s.apply(everyKind, "If-Match", dry.header.Get("ETag")).problem(412, "revision_conflict")

	// JSON with only one of the documents: the other objects are left unchanged.
	changed := s.do("POST", "/apply", s.write, `{"kind": "Gadget", "metadata": {"name": "one", "generation": 1}, "spec": {"mode": "docs"}, "status": {}}`).ok(200)
	require.Equal(t, []string{"update Gadget one"}, actions(changed))
	require.Equal(t, "/mode", changed.json()["objects"].([]any)[0].(map[string]any)["changes"].([]any)[0].(map[string]any)["pointer"])
	require.Len(t, changed.json()["notices"], 1)
	require.Equal(t, 2, s.count("select count(*) from resources where kind = 'gadget'"))
}

func TestApplyIsAtomic(t *testing.T) {
	t.Parallel()
	s := newSite(t, withGadgets)
	s.apply(everyKind).ok(200)
	s.do("PATCH", "/gadgets/one", s.write, `{"spec": {"mode": "code"}}`).ok(200)
	other := s.organization("elsewhere")
	_, err := s.db.Objects("gadget").Create(t.Context(), operator, other.ID, resourcetest.Gadget{Name: "theirs"})
	require.NoError(t, err)
	revision := s.count("select revision from organizations where slug = 'acme'")
	blames := func(p map[string]any) (all []string) {
		for _, e := range p["errors"].([]any) {
			e := e.(map[string]any)
			all = append(all, e["pointer"].(string)+": "+e["detail"].(string))
		}
		return all
	}

	// Each conflict is reported, and the valid documents are not applied either.
	p := s.apply(`kind: Gadget
metadata: {name: new}
spec: {}
---
kind: Gadget
metadata: {name: one, generation: 1}
spec: {}
---
kind: Gadget
metadata: {name: gone, generation: 4}
spec: {}
---
kind: Mode
metadata: {name: docs}
spec: {name: Docs, config: {roleDefinition: r, groups: [], permissionTemplate: Nobody}}
`).problem(412, "version_conflict")
	messages := blames(p)
	require.Len(t, messages, 3)
	require.Contains(t, messages[0], "/1/metadata/generation: one was changed by olive and is now at version 2")
	require.Contains(t, messages[1], `/2/metadata/generation: The gadget "gone", expected at version`)
	require.Contains(t, messages[2], `/3/spec/config/permissionTemplate: This organization has no permission template "Nobody"`)
	require.InDelta(t, 6, p["errors"].([]any)[0].(map[string]any)["line"], 0)

	// Another organization's object is reported as missing.
	foreign := blames(s.apply("kind: Gadget\nmetadata: {name: x}\nspec: {requires: theirs}\n").problem(422, "invalid_manifest"))
	missing := blames(s.apply("kind: Gadget\nmetadata: {name: x}\nspec: {requires: nobody}\n").problem(422, "invalid_manifest"))
	require.Equal(t, strings.ReplaceAll(foreign[0], "theirs", "nobody"), missing[0])

	s.apply("kind: Gadget\nmetadata: {name: a}\nspec: {requires: b}\n---\nkind: Gadget\nmetadata: {name: b}\nspec: {requires: a}\n").problem(422, "invalid_manifest")
	s.apply("kind: [").problem(400, "malformed_yaml")
	s.apply("# nothing").problem(422, "no_manifests")
	s.apply(strings.Repeat("kind: Gadget\n---\n", 1001)).problem(413, "too_many_documents")
	var many strings.Builder
	for i := range 11 {
		fmt.Fprintf(&many, "kind: Gadget\nmetadata: {name: g%d}\nspec: {}\n---\n", i)
	}
	s.apply(many.String()).problem(413, "too_many_gadgets")
	s.do("POST", "/apply?dry-run=true", s.write, everyKind, "Content-Type", mediaYAML).problem(400, "malformed_query")
	s.do("POST", "/apply", s.write, everyKind, "Content-Type", "text/plain").problem(415, "unsupported_media_type")
	require.Equal(t, revision, s.count("select revision from organizations where slug = 'acme'"))
}

// Registering a kind is enough to get every route that modes have, and its description.
func TestRegisteredKindOverJSON(t *testing.T) {
	t.Parallel()
	s := newSite(t, withGadgets)
	s.create("docs")
	created := s.do("POST", "/gadgets", s.write, `{"kind": "Gadget", "metadata": {"name": "one"}, "spec": {"mode": "docs"}}`).ok(201)
	tag := created.header.Get("ETag")
	require.Equal(t, map[string]any{"mode": "docs"}, created.json()["spec"])
	require.InDelta(t, 1, created.json()["metadata"].(map[string]any)["generation"], 0)
	s.do("POST", "/gadgets", s.write, "kind: Gadget\nmetadata: {name: two}\nspec: {requires: one}\n", "Content-Type", mediaYAML).ok(201)
	p := s.do("POST", "/gadgets", s.write, `{"kind": "Gadget", "metadata": {"name": "one"}, "spec": {}}`).problem(409, "name_taken")
	require.Equal(t, "one", p["current"].(map[string]any)["metadata"].(map[string]any)["name"])
	s.do("POST", "/gadgets", s.write, `{"kind": "Mode", "metadata": {"name": "one"}, "spec": {}}`).problem(422, "invalid_manifest")

	list := s.do("GET", "/gadgets?limit=1", s.write, "").ok(200).json()
	require.Len(t, list["gadgets"], 1)
	require.NotEmpty(t, list["next_cursor"])
	s.do("GET", "/gadgets/one", s.write, "").ok(200)
	s.do("GET", "/gadgets/nope", s.write, "").problem(404, "not_found")

	replaced := s.do("PUT", "/gadgets/one", s.write, `{"kind": "Gadget", "metadata": {"name": "one"}, "spec": {"mode": "code"}}`, "If-Match", tag).ok(200)
	p = s.do("PUT", "/gadgets/one", s.write, `{"kind": "Gadget", "metadata": {"name": "one", "labels": {"team": "docs"}}, "spec": {}}`, "If-Match", tag).problem(412, "version_conflict")
	require.Equal(t, "code", p["current"].(map[string]any)["spec"].(map[string]any)["mode"])
	require.Equal(t, map[string]any{
		"apiVersion": "orgmodes/v1alpha1", "kind": "Gadget", "metadata": map[string]any{"name": "one", "labels": map[string]any{"team": "docs"}}, "spec": map[string]any{},
	}, p["yours"])
	s.do("PATCH", "/gadgets/one", s.write, `{"spec": {"mode": null}}`, "If-Match", replaced.header.Get("ETag")).ok(200)
	p = s.do("PATCH", "/gadgets/one", s.write, "{\n\"spec\": {\"moed\": 1}}").problem(422, "invalid_manifest")
	require.InDelta(t, 2, p["errors"].([]any)[0].(map[string]any)["line"], 0)

	p = s.do("DELETE", "/gadgets/one", s.write, "", "If-Match", "*").problem(409, "in_use")
	require.Equal(t, "two", p["current"].([]any)[0].(map[string]any)["name"])
	one := created.json()["metadata"].(map[string]any)["uid"].(string)
	require.Len(t, s.do("GET", "/gadgets/one/versions", s.write, "").ok(200).json()["versions"], 3)
	require.Equal(t, "docs", s.do("GET", "/gadgets/one/versions/1", s.write, "").ok(200).json()["spec"].(map[string]any)["mode"])
	require.Len(t, s.do("GET", "/gadgets/one/diff?from=1&to=3", s.write, "").ok(200).json()["changes"], 1)
	s.do("POST", "/gadgets/one/versions/1/restore", s.write, "").ok(200)

	s.do("POST", "/gadgets/deletions", s.write, `{"deletions": [{"id": "`+one+`", "version": 4}]}`).problem(409, "in_use")
	s.do("DELETE", "/gadgets/two", s.write, "", "If-Match", "*").ok(204)
	s.do("POST", "/gadgets/deletions", s.write, `{"deletions": [{"id": "`+one+`", "version": 4}]}`).ok(200)
	require.Len(t, s.do("GET", "/gadgets/deleted", s.write, "").ok(200).json()["deleted"], 2)
	s.do("POST", "/gadgets/restorations", s.write, `{"restorations": [{"id": "`+one+`", "version": 1}]}`).ok(200)

	exported := s.do("GET", "/gadgets/export", s.write, "").ok(200)
	require.Contains(t, exported.header.Get("Content-Disposition"), "acme-gadgets.yaml")
	imported := s.do("POST", "/gadgets/import", s.write, string(exported.body), "Content-Type", mediaYAML).ok(200)
	require.Equal(t, []string{"unchanged Gadget one"}, actions(imported))
	s.do("POST", "/gadgets/import?only=valid", s.write, string(exported.body), "Content-Type", mediaYAML).problem(400, "malformed_query")

	log := s.do("GET", "/audit?subject="+one, s.write, "").ok(200).json()["entries"].([]any)
	require.Len(t, log, 6)
	require.Equal(t, "gadget.restore", log[0].(map[string]any)["action"])

	agent := s.agent(t, s.token(s.member, s.acme, "read"))
	require.Len(t, agent.call("list_gadgets", nil)["gadgets"], 1)
	require.Equal(t, one, agent.call("get_gadget", map[string]any{"name": "one"})["metadata"].(map[string]any)["uid"])
	require.Contains(t, agent.refused("get_gadget", map[string]any{"name": "two"}), "no such gadget")

	labeled := s.do("PATCH", "/gadgets/one", s.write, `{"metadata": {"labels": {"team": "docs"}}}`).ok(200)
	require.Equal(t, map[string]any{"team": "docs"}, labeled.json()["metadata"].(map[string]any)["labels"])
	change := s.do("GET", "/gadgets/one/diff?from=6", s.write, "").ok(200).json()["changes"].([]any)[0].(map[string]any)
	require.Equal(t, "/metadata/labels/team", change["pointer"])
	require.Equal(t, map[string]any{"team": "docs"}, s.do("GET", "/gadgets/one/versions/7", s.write, "").ok(200).json()["labels"])
	require.Equal(t, []string{"unchanged Gadget one"}, actions(s.apply("kind: Gadget\nmetadata: {name: one}\nspec: {mode: docs}\n").ok(200)))
	s.do("PATCH", "/gadgets/one", s.write, `{"metadata": {"labels": {"team": "a b"}}}`).problem(422, "invalid_manifest")
	s.apply("kind: Mode\nmetadata: {name: docs, labels: {team: docs}}\nspec: {name: D, config: {roleDefinition: r, groups: []}}\n").problem(422, "invalid_manifest")
	replaced = s.do("PUT", "/gadgets/one", s.write, `{"kind": "Gadget", "metadata": {"name": "one"}, "spec": {"mode": "docs"}}`, "If-Match", "*").ok(200)
	require.NotContains(t, replaced.json()["metadata"], "labels")

	// The worker's evaluation is shown, and ignored when it is sent back.
	status := func() map[string]any {
		return s.do("GET", "/gadgets/one", s.write, "").ok(200).json()["status"].(map[string]any)["conditions"].([]any)[0].(map[string]any)
	}
	require.Equal(t, "Unknown", status()["status"])
	require.NoError(t, s.db.EvaluateStatus(t.Context(), s.acme.ID, 1<<40))
	require.Equal(t, "True", status()["status"])
	require.Equal(t, "ReferencesResolved", status()["type"])
	whole := s.do("GET", "/gadgets/one", s.write, "").ok(200)
	same := s.do("PUT", "/gadgets/one", s.write, string(whole.body), "If-Match", whole.header.Get("ETag")).ok(200)
	require.Equal(t, whole.header.Get("ETag"), same.header.Get("ETag"))

	schema := s.do("GET", "!/api/v1/schemas/Gadget", "", "").ok(200).json()
	require.Equal(t, []any{"kind", "metadata", "spec"}, schema["required"])
	manifest := created.json()
	delete(manifest, "actions") // added by the API
	require.Empty(t, loadOpenAPI().schemaErrors(schema, manifest, ""))
	s.do("GET", "!/api/v1/schemas/nothing", "", "").problem(404, "not_found")
	for _, kind := range []string{"mode", "templates"} {
		require.NotEmpty(t, s.do("GET", "!/api/v1/schemas/"+kind, "", "").ok(200).json()["properties"])
	}
}
