//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/prove"
)

// TestDocumentedCommandsWork runs every command block of the documents against what `make run`
// starts, and checks the other blocks. A block that nothing checks fails the test.
func TestDocumentedCommandsWork(t *testing.T) {
	prove.Long(t)
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl here")
	}
	d := docRunner{t: t, stack: startStack(t, newRealCheckout(t))}
	documents, err := filepath.Glob("../../*.md")
	require.NoError(t, err)
	more, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	checked := 0
	for _, path := range append(documents, more...) {
		name := strings.TrimPrefix(path, "../../")
		if name == "docs/pages.md" || name == "docs/mutations.md" { // generated
			continue
		}
		for _, block := range blocks(t, path) {
			d.check(name, block)
			checked++
		}
	}
	require.Greater(t, checked, 15)
	require.Zero(t, d.stack.stop(t))
}

// newRealCheckout is newCheckout with our programs in place of stand-ins.
func newRealCheckout(t *testing.T) string {
	t.Helper()
	dir := newCheckout(t)
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "bin")))
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "bin")+"/", "./cmd/admin", "./cmd/worker", "./cmd/reader")
	build.Dir, build.Env = "../..", append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
}

// blocks returns a document's indented and fenced blocks, without indentation. Blank lines
// inside a block belong to it.
func blocks(t *testing.T, path string) []string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	var found []string
	var block strings.Builder
	fenced := false
	end := func() {
		if text := strings.Trim(block.String(), "\n"); text != "" {
			found = append(found, text)
		}
		block.Reset()
	}
	for line := range strings.SplitSeq(string(content), "\n") {
		switch inner, indented := strings.CutPrefix(line, "    "); {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
			end()
		case fenced:
			block.WriteString(line + "\n")
		case indented || line == "":
			block.WriteString(inner + "\n")
		default:
			end()
		}
	}
	end()
	return found
}

// docRunner checks the blocks of documents, in their order.
type docRunner struct {
	t     *testing.T
	stack *stack
}

var commandBlock = regexp.MustCompile(`^(set -a;|curl |bin/admin |admin )`)

func (d *docRunner) check(document, block string) {
	d.t.Helper()
	switch {
	case strings.ContainsAny(block, "┌▶"): // a diagram
	case strings.HasPrefix(block, "make "):
		makefile, err := os.ReadFile("../../Makefile")
		require.NoError(d.t, err)
		for _, target := range strings.Fields(block)[1:] {
			require.Regexp(d.t, `(?m)^`+target+`:`, string(makefile), document)
		}
	case strings.HasPrefix(block, "Everything runs"):
		for _, line := range strings.Split(block, "\n") {
			pattern := regexp.MustCompile(`\\\.\\\.\\\.|\d+(\\\.\d+)?`).ReplaceAllString(regexp.QuoteMeta(strings.TrimSpace(line)), `\S+`)
			require.Regexp(d.t, pattern, d.stack.currentOutput(), document)
		}
	case strings.HasPrefix(block, "kind: "):
		d.write("library.yaml", block)
		d.write("library/all.yaml", block)
	case strings.HasPrefix(block, "# yaml-language-server: $schema="):
		url := strings.TrimPrefix(block, "# yaml-language-server: $schema=")
		require.Contains(d.t, d.run(document, "curl -fsS "+url), `"$schema"`)
	case strings.HasPrefix(block, "{"):
		require.True(d.t, json.Valid([]byte(block)), "%s: %s", document, block)
	case strings.HasPrefix(block, "CREATE ROLE "):
		d.roles(block)
	case strings.HasPrefix(block, "curl -N "):
		command, sample, _ := strings.Cut(block, "\n\n")
		require.Contains(d.t, sample, d.firstLines(command, `"revision":`))
	case commandBlock.MatchString(block):
		for _, command := range commands(block) {
			out := d.run(document, command)
			if strings.Contains(command, "curl -i ") {
				require.Regexp(d.t, `^HTTP/1.1 20[01] `, out, "%s: %s", document, command)
			}
		}
	default:
		d.t.Errorf("%s: nothing checks this block:\n%s", document, block)
	}
}

// commands returns the commands of a block, each with its continued lines.
func commands(block string) []string {
	joined := regexp.MustCompile(`(?m)\\\n|\n\s+-`).ReplaceAllStringFunc(block, func(cut string) string {
		return strings.ReplaceAll(cut, "\n", "\x00")
	})
	var all []string
	for line := range strings.SplitSeq(joined, "\n") {
		if line != "" {
			all = append(all, strings.ReplaceAll(line, "\x00", "\n"))
		}
	}
	return all
}

// script returns bash that runs a command of a document in the checkout, where the
// variables of `make run` are set and the documents' example host is the local admin.
func script(command string) string {
	command = strings.ReplaceAll(command, "https://admin.example/", "$ADMIN_URL/")
	// Single quotes would keep the variable from being expanded.
	command = regexp.MustCompile(`'(\$ADMIN_URL[^']*)'`).ReplaceAllString(command, `"$1"`)
	command = regexp.MustCompile(`^admin `).ReplaceAllString(command, "bin/admin ")
	return "set -a; . .local/run.env; set +a; set -euo pipefail; " + command
}

func (d *docRunner) bash(command string) *exec.Cmd {
	cmd := exec.CommandContext(d.t.Context(), "bash", "-c", script(command))
	cmd.Dir = d.stack.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + d.t.TempDir()}
	return cmd
}

// run runs a command and returns its output. A dry run is allowed to exit with 3.
func (d *docRunner) run(document, command string) string {
	d.t.Helper()
	cmd := d.bash(command)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	err := cmd.Run()
	if strings.Contains(command, "--dry-run") && cmd.ProcessState.ExitCode() == 3 {
		err = nil
	}
	require.NoError(d.t, err, "%s: %s\n%s%s", document, command, out.String(), problems.String())
	return out.String()
}

// firstLines runs a command that does not end by itself. It returns the last line before
// the one that contains until.
func (d *docRunner) firstLines(command, until string) string {
	d.t.Helper()
	cmd := d.bash("exec " + command)
	out, err := cmd.StdoutPipe()
	require.NoError(d.t, err)
	require.NoError(d.t, cmd.Start())
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	last := ""
	for lines := bufio.NewScanner(out); lines.Scan(); last = lines.Text() {
		if strings.Contains(lines.Text(), until) {
			return last
		}
	}
	d.t.Fatalf("%s ended without %s", command, until)
	return ""
}

func (d *docRunner) write(name, content string) {
	d.t.Helper()
	path := filepath.Join(d.stack.dir, name)
	require.NoError(d.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(d.t, os.WriteFile(path, []byte(content+"\n"), 0o644))
}

// roles runs statements that create roles, each in a transaction that is rolled back. A
// role may exist already.
func (d *docRunner) roles(block string) {
	d.t.Helper()
	ctx := d.t.Context()
	conn, err := pgx.Connect(ctx, d.stack.variables(d.t)["MIGRATE_DATABASE_URL"])
	require.NoError(d.t, err)
	defer func() { _ = conn.Close(ctx) }()
	for statement := range strings.SplitSeq(block, "\n") {
		tx, err := conn.Begin(ctx)
		require.NoError(d.t, err)
		_, err = tx.Exec(ctx, statement)
		const duplicateObject = "42710"
		if refused := (*pgconn.PgError)(nil); err != nil {
			require.ErrorAs(d.t, err, &refused, statement)
			require.Equal(d.t, duplicateObject, refused.Code, fmt.Sprint(statement, refused))
		}
		require.NoError(d.t, tx.Rollback(ctx))
	}
}
