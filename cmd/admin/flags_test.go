package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEmptyOrUnknownFlagIsUsageError(t *testing.T) {
	for _, c := range []struct {
		says string
		args []string
	}{
		{"--dry-run", []string{"modes", "import", "--org", "acme", "--dry-run=", "x.yaml"}},
		{"did you mean --dry-run?", []string{"modes", "import", "--org", "acme", "--dryrun", "x.yaml"}},
		{"did you mean --dry-run?", []string{"templates", "import", "--org", "acme", "--dry_run", "x.json"}},
		{"--org is empty", []string{"modes", "import", "--org", "", "--dry-run", "x.yaml"}},
		{"--org is empty", []string{"audit", "list", "--org="}},
		{"--action is empty", []string{"audit", "list", "--org", "acme", "--action="}},
		{"--action is empty", []string{"audit", "list", "--org", "acme", "--action", "mode.create,"}},
		{"did you mean mode.create?", []string{"audit", "list", "--org", "acme", "--action", "mode.crate"}},
		{"--actor: this text is not valid UTF-8", []string{"audit", "export", "--org", "acme", "--actor", "\xff"}},
		{"--output is empty", []string{"audit", "export", "--org", "acme", "--output="}},
		{"an argument is empty", []string{"modes", "lint", ""}},
	} {
		stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
		require.NoError(t, err)
		var stdout bytes.Buffer
		code := run(c.args, nil, nil, &stdout, stderr)
		require.NoError(t, stderr.Close())
		output, err := os.ReadFile(stderr.Name())
		require.NoError(t, err)
		require.Equal(t, exitUsage, code, "%v: %s", c.args, output)
		require.Contains(t, string(output), c.says, "%v", c.args)
		require.Empty(t, stdout.String())
	}
}
