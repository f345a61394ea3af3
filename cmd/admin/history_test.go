package main

import (
	"archive/zip"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHistoryCommands(t *testing.T) {
	i := newInstallation(t)
	i.call("org", "create", "--slug", "acme", "--name", "Acme").ok()
	one := "slug: docs\nname: Docs\nroleDefinition: First.\ngroups: [read]\n"
	two := strings.Replace(one, "First.", "Second.", 1)
	for _, file := range []string{one, two} {
		i.callWith(file, "modes", "import", "--org", "acme", "-").ok()
	}
	require.Len(t, i.call("modes", "history", "--org", "acme", "docs", "--json").ok().json()["versions"], 2)
	require.Contains(t, i.call("modes", "history", "--org", "acme", "docs").ok().stdout, "import")
	i.call("modes", "history", "--org", "acme").failed(2, "--deleted")
	require.NotNil(t, i.call("modes", "history", "--org", "acme", "--deleted", "--json").ok().json()["versions"])

	diff := i.call("modes", "diff", "--org", "acme", "docs", "--from", "1").ok().stdout
	require.Contains(t, diff, "changed /config/roleDefinition")
	require.Contains(t, diff, "First.")
	require.Contains(t, i.call("modes", "diff", "--org", "acme", "docs", "--from", "2").ok().stdout, "No differences.")
	i.call("modes", "diff", "--org", "acme", "docs", "--from", "x").failed(2, "not a version")
	i.call("modes", "diff", "--org", "acme", "docs", "--from", "7").failed(1, "no such version")

	dry := i.call("modes", "restore", "--org", "acme", "docs", "--version", "1", "--dry-run", "--json").ok().json()
	require.Equal(t, false, dry["applied"])
	require.Len(t, dry["changes"], 1)
	require.EqualValues(t, 3, i.call("modes", "restore", "--org", "acme", "docs", "--version", "1", "--json").ok().json()["version"])
	require.Contains(t, i.call("modes", "export", "--org", "acme").ok().stdout, "First.")
	i.call("modes", "restore", "--org", "acme", "nope", "--version", "1").failed(1, "no such mode")

	// The audit log, listed and exported.
	require.Len(t, i.call("audit", "list", "--org", "acme", "--action", "mode.import", "--json").ok().json()["entries"], 2)
	require.Contains(t, i.call("audit", "list", "--org", "acme").ok().stdout, "mode.restore")
	rows, err := csv.NewReader(strings.NewReader(i.call("audit", "export", "--org", "acme").ok().stdout)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+4+4, "a line of headings, four templates that came with the organization")
	require.Equal(t, 4+4, strings.Count(i.call("audit", "export", "--org", "acme", "--format", "jsonl").ok().stdout, "\n"))
	out := filepath.Join(t.TempDir(), "audit.csv")
	today := time.Now().UTC().Format(time.DateOnly)
	whole := i.call("audit", "export", "--org", "acme").ok().stdout
	require.Equal(t, whole, i.call("audit", "export", "--org", "acme", "--until", today).ok().stdout, "that day belongs to it")
	require.Equal(t, "\ufeff"+whole, i.call("audit", "export", "--org", "acme", "--bom").ok().stdout)
	i.call("audit", "export", "--org", "acme", "--bom", "--format", "jsonl").failed(2, "--bom is for the format csv")
	require.Empty(t, i.call("audit", "export", "--org", "acme", "--until", "2001-01-01", "-o", out).ok().stdout)
	require.FileExists(t, out)
	i.call("audit", "list", "--org", "acme", "--since", "yesterday").failed(2, "--since")
	i.call("audit", "export", "--org", "acme", "--format", "xml").failed(2, "jsonl")

	status := i.call("publish", "status", "--json").ok().json()["organizations"].([]any)
	require.Len(t, status, 1)
	require.Contains(t, i.call("publish", "status", "--org", "acme").ok().stdout, "pending for")
}

func TestImportFoldersAndArchives(t *testing.T) {
	i := newInstallation(t)
	i.call("org", "create", "--slug", "acme", "--name", "Acme").ok()
	folder := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(folder, ".git"), 0o700))
	for name, text := range map[string]string{
		"a.yaml": "slug: a\nname: A\nroleDefinition: You.\ngroups: []\n", ".roomodes": "customModes: [{slug: b, name: B, roleDefinition: You., groups: []}]",
		"readme.md": "# Not this", ".git/x.yaml": "not: this",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	done := i.call("modes", "import", "--org", "acme", folder, "--json").ok().json()
	require.EqualValues(t, 2, done["summary"].(map[string]any)["create"])
	require.EqualValues(t, 0, done["summary"].(map[string]any)["refused_files"])

	archive := filepath.Join(t.TempDir(), "acme.zip")
	i.call("modes", "export", "--org", "acme", "--format", "zip", "--output", archive).ok()
	r, err := zip.OpenReader(archive)
	require.NoError(t, err)
	require.Len(t, r.File, 2)
	require.NoError(t, r.Close())
	require.Contains(t, i.call("modes", "import", "--org", "acme", archive).ok().stdout, "2 unchanged")

	changed := "slug: a\nname: A\nroleDefinition: Others.\ngroups: []\n"
	keptBoth := i.callWith(changed, "modes", "import", "--org", "acme", "-", "--collision", "keep_both").ok().stdout
	require.Contains(t, keptBoth, "create     a")
	require.Contains(t, keptBoth, `under the slug "a-2"`)
	require.Contains(t, i.callWith(changed, "modes", "import", "--org", "acme", "-", "--for", "a=skip").ok().stdout, "1 skipped")
	i.callWith(changed, "modes", "import", "--org", "acme", "-", "--for", "a").failed(2, "SLUG=skip")
	i.callWith(changed, "modes", "import", "--org", "acme", "-", "--slug", "nope").failed(1, "no mode with the slug")
	require.Contains(t, i.call("modes", "explain", "--org", "acme", "a-2").ok().stdout, "Others.")
	require.Contains(t, i.call("modes", "export", "--org", "acme", "--format", "marketplace").ok().stdout, "items:")
}
