package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

const (
	fooBar  = "0b0e7c52-4f0a-4a4b-8d63-0f0e6f6b9a01"
	fooBar2 = "0b0e7c52-4f0a-4a4b-8d63-0f0e6f6b9a02"
)

// folderOfTemplates returns a folder of {template_id}.json files and a README, as users have
// it.
func folderOfTemplates(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for id, name := range map[string]string{fooBar: "Foo Bar", fooBar2: "foo-bar"} {
		file := `{"template_id": "` + id + `", "name": "` + name + `", "permission_mode": "plan", "allowed_tools": ["read"], "description": null}`
		require.NoError(t, os.WriteFile(filepath.Join(folder, id+".json"), []byte(file), 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "README.md"), []byte("templates"), 0o600))
	return folder
}

func templateNames(v any) []string {
	var out []string
	for _, e := range v.([]any) {
		out = append(out, e.(map[string]any)["name"].(string))
	}
	return out
}

func TestTemplateImportAndExportCommands(t *testing.T) {
	i := newInstallation(t)
	i.call("org", "create", "--slug", "acme", "--name", "Acme").ok()
	folder := folderOfTemplates(t)
	dry := i.call("templates", "import", "--org", "acme", folder, "--dry-run").ok().stdout
	require.Contains(t, dry, "2 to create, 0 to update, 0 unchanged, 0 invalid; no changes were made; at revision 1")
	done := i.call("templates", "import", "--org", "acme", folder, "--json").ok().json()
	require.Equal(t, true, done["applied"])
	require.EqualValues(t, 2, done["summary"].(map[string]any)["create"])
	require.Equal(t, []string{"Code Expert", "Foo Bar", "foo-bar", "Project Manager", "Safe Sandbox", "Web Researcher"},
		templateNames(i.call("templates", "list", "--org", "acme", "--json").ok().json()["templates"]))
	require.Contains(t, i.call("templates", "list", "--org", "acme").ok().stdout, fooBar)

	out := filepath.Join(t.TempDir(), "out")
	i.call("templates", "export", "--org", "acme", "--folder", out).ok()
	entries, err := os.ReadDir(out)
	require.NoError(t, err)
	require.Len(t, entries, 6)
	require.FileExists(t, filepath.Join(out, fooBar+".json"))
	require.FileExists(t, filepath.Join(out, fooBar2+".json"))
	require.Contains(t, i.call("templates", "import", "--org", "acme", out).ok().stdout, "6 unchanged")
	file, err := os.ReadFile(filepath.Join(out, fooBar+".json"))
	require.NoError(t, err)
	require.Equal(t, string(file), i.call("templates", "export", "--org", "acme", "--template", "foo bar", "--format", "file").ok().stdout)
	require.Contains(t, i.callWith(string(file), "templates", "import", "--org", "acme", "-").ok().stdout, "1 unchanged")
	archive := filepath.Join(t.TempDir(), "acme.zip")
	i.call("templates", "export", "--org", "acme", "--output", archive).ok()
	require.Contains(t, i.call("templates", "import", "--org", "acme", archive).ok().stdout, "6 unchanged")

	// Import into another organization, where the ids are taken.
	i.call("org", "create", "--slug", "other", "--name", "Other").ok()
	copied := i.call("templates", "import", "--org", "other", out).ok().stdout
	require.Contains(t, copied, "2 to create, 0 to update, 4 unchanged")
	require.Contains(t, copied, "created under a new id")

	// Conflicts are decided, and problems are reported with positions that editors can open.
	conflicting := `[{"name":"CODE EXPERT","permission_mode":"plan"},
{"name":"Bad","permission_mode":"yolo"}]`
	refused := i.callWith(conflicting, "templates", "import", "--org", "acme", "-").failed(1, "Nothing was imported")
	require.Contains(t, refused.stdout, "-:1:2: the organization has a template 'Code Expert'")
	require.Contains(t, refused.stdout, "-:2:33: /permission_mode")
	renamed := i.callWith(conflicting, "templates", "import", "--org", "acme", "-", "--only-valid", "--for", "code expert=rename").ok().stdout
	require.Contains(t, renamed, "called 'CODE EXPERT (2)'")
	i.callWith(conflicting, "templates", "import", "--org", "acme", "-", "--for", "code expert").failed(2, "NAME=skip")
	i.callWith(conflicting, "templates", "import", "--org", "acme", "-", "--on-conflict", "fly").failed(1, "not one of skip, replace, rename")
	i.call("templates", "import", "--org", "acme", t.TempDir()).failed(1, "no files with permission templates")
	i.call("templates", "export", "--org", "acme", "--format", "toml").failed(2, "--format must be one of")
	i.call("templates", "get", "--org", "acme", "nope").failed(1, "Template not found")
}

func TestTemplateCommands(t *testing.T) {
	i := newInstallation(t)
	i.env = append(i.env, "TEMPLATE_TOOLS=deploy=Rolls out a release.,page")
	i.call("org", "create", "--slug", "acme", "--name", "Acme").ok()
	one := `{"name":"Releaser","permission_mode":"acceptEdits","allowed_tools":["deploy","read"],"default_role":"Releases"}`
	i.callWith(one, "templates", "import", "--org", "acme", "-").ok()
	two := strings.Replace(one, `"deploy",`, "", 1)
	i.callWith(two, "templates", "import", "--org", "acme", "-", "--on-conflict", "replace").ok()
	i.callWith(strings.Replace(one, "deploy", "deplpy", 1), "templates", "import", "--org", "acme", "-").failed(1, "Nothing was imported")

	require.Equal(t, "Releases", i.call("templates", "get", "--org", "acme", "releaser", "--json").ok().json()["default_role"])
	require.Contains(t, i.call("templates", "get", "--org", "acme", "releaser").ok().stdout, "Role: Releases")
	got := i.call("templates", "resolve", "--org", "acme", "Releaser", "--tool", "read", "--tool", "page", "--permission-mode", "plan", "--json").ok().json()
	require.Equal(t, []any{"read"}, got["allowed_tools"].(map[string]any)["value"])
	require.Equal(t, "plan", got["permission_mode"].(map[string]any)["value"])
	require.Len(t, got["refused"], 1)
	require.Contains(t, i.call("templates", "resolve", "--org", "acme", "Releaser", "--no-tools").ok().stdout, "none without asking")
	require.Contains(t, i.callWith(`{"role":"Mine"}`, "templates", "resolve", "--org", "acme", "Releaser", "--request", "-").ok().stdout, "Mine")
	i.call("templates", "resolve", "--org", "acme", "Releaser", "--permission-mode", "yolo").failed(1, "Invalid permission_mode")
	i.call("templates", "resolve", "--org", "acme", "Releaser", "--request", "-", "--no-tools").failed(2, "--help")

	require.Len(t, i.call("templates", "history", "--org", "acme", "releaser", "--json").ok().json()["versions"], 2)
	require.Contains(t, i.call("templates", "diff", "--org", "acme", "releaser", "--from", "1").ok().stdout, "/allowed_tools")
	restored := i.call("templates", "restore", "--org", "acme", "releaser", "--version", "1", "--json").ok().json()
	require.Equal(t, "Releaser", restored["name"])
	require.EqualValues(t, 3, restored["version"])
	require.Contains(t, i.call("templates", "restore-defaults", "--org", "acme").ok().stdout, "No default templates are missing")

	wrong := append([]string{"TEMPLATE_TOOLS=1st"}, i.env[:2]...)
	call(t, wrong, "", "templates", "list", "--org", "acme").failed(2, "TEMPLATE_TOOLS")
	call(t, wrong, "", "serve").failed(2, "TEMPLATE_TOOLS")
	for _, args := range [][]string{{"import"}, {"export"}, {"list"}, {"get"}, {"resolve"}, {"restore-defaults"}, {"history"}, {"diff"}, {"restore"}} {
		require.Contains(t, i.call(append(append([]string{"templates"}, args...), "--help")...).ok().stdout, "Examples:", args)
	}
	require.Contains(t, i.call("__complete", "templates", "import", "--on-conflict", "").ok().stdout, "replace")
}

// TestDeletedDefaultsStayDeleted checks that deleted default templates stay deleted after a
// restart and after another migration. An organization that is older than the templates gets
// them in both cases.
func TestDeletedDefaultsStayDeleted(t *testing.T) {
	i := newInstallation(t)
	i.call("org", "create", "--slug", "acme", "--name", "Acme").ok()
	i.call("org", "create", "--slug", "older", "--name", "Older").ok()
	execAsOwner(t, i, `delete from permission_templates where name in ('Safe Sandbox', 'Code Expert') and organization_id = (select id from organizations where slug = 'acme')`)
	execAsOwner(t, i, `delete from permission_templates where organization_id = (select id from organizations where slug = 'older')`)
	execAsOwner(t, i, `update organizations set templates_seeded_at = null where slug = 'older'`)
	listed := func(org string) []string {
		return templateNames(i.call("templates", "list", "--org", org, "--json").ok().json()["templates"])
	}
	shipped := []string{"Code Expert", "Project Manager", "Safe Sandbox", "Web Researcher"}
	for range 2 {
		serveOnce(t, i)
		require.Equal(t, []string{"Project Manager", "Web Researcher"}, listed("acme"))
		require.Equal(t, shipped, listed("older"))
	}
	require.Equal(t, "system", i.call("audit", "list", "--org", "older", "--action", "template.create", "--json").ok().json()["entries"].([]any)[0].(map[string]any)["actor"].(map[string]any)["kind"])

	execAsOwner(t, i, `delete from permission_templates where organization_id = (select id from organizations where slug = 'older')`)
	execAsOwner(t, i, `update organizations set templates_seeded_at = null where slug = 'older'`)
	for range 2 {
		call(t, []string{"MIGRATE_DATABASE_URL=" + i.owner}, "", "migrate").ok()
		require.Equal(t, []string{"Project Manager", "Web Researcher"}, listed("acme"))
		require.Equal(t, shipped, listed("older"))
	}
	require.Len(t, i.call("templates", "restore-defaults", "--org", "acme", "--json").ok().json()["added"], 2)
	require.Equal(t, shipped, listed("acme"))
}

// serveOnce runs the server until the shipped templates have been added.
func serveOnce(t *testing.T, i *testInstallation) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), i.admin, "serve")
	cmd.Env = append([]string{runAsProgram, "LISTEN=127.0.0.1:0", "PRIVATE_LISTEN=127.0.0.1:0", "LOG_FORMAT=text"}, i.env...)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	log := follow(stderr)
	log.waitFor(t, "default templates added")
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	log.waitEOF(t)
	require.NoError(t, cmd.Wait())
}

// execAsOwner runs a statement as the owner of the tables.
func execAsOwner(t *testing.T, i *testInstallation, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), i.owner)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	_, err = conn.Exec(t.Context(), statement)
	require.NoError(t, err)
}
