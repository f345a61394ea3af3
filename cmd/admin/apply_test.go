package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const library = `kind: Mode
metadata: {name: docs}
spec:
  name: Docs
  config: {roleDefinition: You write., groups: [read], permissionTemplate: Careful}
---
kind: PermissionTemplate
metadata: {name: Careful}
spec: {permission_mode: plan}
`

func TestApplyCommand(t *testing.T) {
	i := newInstallation(t)
	for _, org := range []string{"acme", "copy"} {
		i.call("org", "create", "--slug", org, "--name", org).ok()
	}
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "library.yaml"), []byte(library), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "gadgets.json"), []byte(`[{"kind": "Gadget", "metadata": {"name": "one"}, "spec": {"mode": "docs"}}]`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "README.md"), []byte("# not a manifest"), 0o600))

	require.NoError(t, os.WriteFile(filepath.Join(folder, ".roomodes"), []byte("customModes: []"), 0o600))

	dry := i.call("apply", "--org", "acme", "-f", folder, "--dry-run")
	require.Equal(t, 3, dry.code, dry.stderr)
	require.Regexp(t, `create +Gadget +one\n`, dry.stdout)
	require.Contains(t, dry.stdout, "No changes were made.")
	require.Empty(t, dry.stderr)
	require.Len(t, i.call("apply", "--org", "acme", "-f", folder, "--json").ok().json()["objects"], 3)
	i.call("apply", "--org", "acme", "-f", folder, "--dry-run").ok()

	changed := strings.Replace(library, "You write.", "You write well.", 1)
	dry = i.callWith(changed, "apply", "--org", "acme", "-f", "-", "--dry-run")
	require.Equal(t, 3, dry.code)
	require.Contains(t, dry.stdout, "Mode docs:\nchanged /config/roleDefinition\n")
	require.Contains(t, dry.stdout, "You write well.")
	i.callWith(changed, "apply", "--org", "acme", "-f", "-").ok()

	// The output of get can be applied to another library. With a generation, it replaces
	// nothing newer.
	got := i.call("get", "--org", "acme", "template", "careful").ok().stdout + "---\n" + i.call("get", "--org", "acme", "modes").ok().stdout
	require.Contains(t, got, "  generation: 2\n")
	i.callWith(got, "apply", "--org", "copy", "-f", "-").failed(1, "leave out metadata.generation")
	i.callWith(strings.ReplaceAll(got, "generation", "# generation"), "apply", "--org", "copy", "-f", "-").ok()
	i.callWith(strings.Replace(got, "well", "better", 1), "apply", "--org", "acme", "-f", "-").ok()
	i.callWith(got, "apply", "--org", "acme", "-f", "-").failed(1, "line 17, column 15: /1/metadata/generation: Docs was changed by "+new(cli).by().Actor.Name)

	i.callWith("kind: Mood\nmetadata: {name: a}\nspec: {}\n", "apply", "--org", "acme", "-f", "-").failed(1, `line 1, column 7: /kind: unknown kind "Mood"; the closest match is Mode`)
	i.call("apply", "--org", "acme").failed(2, "file")
	i.call("apply", "--org", "acme", "-f", filepath.Join(folder, "nowhere")).failed(1, "no such file")
	i.call("apply", "--org", "acme", "-f", t.TempDir()).failed(1, "contains no files with manifests")
}

func TestObjectCommandsOfRegisteredKind(t *testing.T) {
	i := newInstallation(t)
	i.call("org", "create", "--slug", "acme", "--name", "Acme").ok()
	gadget := "kind: Gadget\nmetadata: {name: one}\nspec: {mode: docs}\n"
	i.callWith(gadget, "apply", "--org", "acme", "-f", "-").ok()
	i.callWith(strings.Replace(gadget, "docs", "code", 1), "apply", "--org", "acme", "-f", "-").ok()

	got := i.call("get", "--org", "acme", "gadget", "one").ok().stdout
	require.Contains(t, got, "kind: Gadget\n")
	require.Contains(t, got, "type: ReferencesResolved\n")
	require.Equal(t, "Gadget", i.call("get", "--org", "acme", "Gadget", "one", "--json").ok().json()["kind"])
	require.Len(t, i.call("get", "--org", "acme", "gadgets", "--json").ok().json()["gadgets"], 1)
	i.call("get", "--org", "acme", "gadjet").failed(2, `unknown kind "gadjet"; did you mean gadget? The kinds are: mode, template, gadget`)
	i.call("get", "--org", "acme", "gadget", "two").failed(1, "no such gadget")

	require.Len(t, i.call("history", "--org", "acme", "gadget", "one", "--json").ok().json()["versions"], 2)
	require.Contains(t, i.call("diff", "--org", "acme", "gadget", "one", "--from", "1").ok().stdout, "changed /mode")
	require.Contains(t, i.call("delete", "--org", "acme", "gadget", "one", "--dry-run").ok().stdout, "would be deleted")
	i.call("delete", "--org", "acme", "gadget", "one", "two").failed(1, "two: There is no such gadget")
	i.call("delete", "--org", "acme", "gadget", "one").ok()
	require.Contains(t, i.call("history", "--org", "acme", "gadgets").ok().stdout, "one")

	// The generic commands work for kinds with dedicated commands too.
	require.Contains(t, i.call("history", "--org", "acme", "template", "Code Expert").ok().stdout, "create")
	require.NotEmpty(t, i.call("get", "--org", "acme", "templates", "--json").ok().json()["templates"])
	require.Contains(t, i.call("audit", "list", "--org", "acme").ok().stdout, "gadget.delete")
}
