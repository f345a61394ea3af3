package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// A mutant whose text is no longer in the code proves nothing.
func TestMutantsMatchCode(t *testing.T) {
	require.NoError(t, checkTable(root, mutants()))
	tests := allTests(t)
	for _, m := range mutants() {
		require.NotEmpty(t, m.mechanism, m.name)
		require.Regexp(t, `^[1-6](, [1-6])*$`, m.promises, m.name)
		for name := range strings.SplitSeq(strings.Trim(m.proof.run, "^()$"), "|") {
			require.True(t, tests[m.proof.pkg+"."+name], "there is no test %s, the proof of %s", name, m.name)
		}
	}
}

// The document names only existing tests (as `package.TestName`) and mutants, and each
// mutant is listed under at least one promise.
func TestPromisesReferToExistingTests(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "promises.md"))
	require.NoError(t, err)
	tests, names := allTests(t), map[string]bool{}
	for _, m := range mutants() {
		names[m.name] = true
		require.Contains(t, string(text), "`"+m.name+"`", "a mutant that no promise names")
	}
	for _, m := range regexp.MustCompile("`([a-z/]+\\.(?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(string(text), -1) {
		require.True(t, tests[m[1]], "there is no test %s", m[1])
	}
	for _, line := range strings.Split(string(text), "\n") {
		if !strings.HasPrefix(line, "Mutants:") {
			continue
		}
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(line, -1) {
			require.True(t, names[m[1]], "there is no mutant %s", m[1])
		}
	}
}

// allTests returns the tests of the tree, as package.TestName.
func allTests(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, below := range []string{"internal", "loadtest"} {
		base := filepath.Join(root, below)
		require.NoError(t, filepath.WalkDir(base, func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			pkg, err := filepath.Rel(filepath.Join(root, "internal"), filepath.Dir(path))
			if below == "loadtest" {
				pkg, err = "loadtest", nil
			}
			for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllStringSubmatch(string(text), -1) {
				all[filepath.ToSlash(pkg)+"."+m[1]] = true
			}
			return err
		}))
	}
	return all
}

// An overlay also replaces embedded files, such as the Lua scripts.
func TestOverlayReachesEmbeddedFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	write("go.mod", "module embedded\n\ngo 1.24\n")
	write("main.go", "package main\n\nimport _ \"embed\"\n\n//go:embed text\nvar text string\n\nfunc main() { print(text) }\n")
	text, other := write("text", "as it is"), write("other", "mutated")
	overlay := write("overlay.json", `{"Replace": {"`+text+`": "`+other+`"}}`)
	cmd := exec.CommandContext(t.Context(), "go", "run", "-overlay", overlay, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, "mutated", string(out))
}

// The failed test is found in the output of a test program.
func TestParseOutput(t *testing.T) {
	for name, c := range map[string]struct{ out, failed, line string }{
		"passed":      {"PASS\n", "", ""},
		"plain":       {"--- FAIL: TestA (0.01s)\n    --- FAIL: TestA/b (0.01s)\n        a_test.go:7: it broke\nFAIL\n", "TestA/b", "it broke"},
		"a panic":     {"--- FAIL: TestA (0.01s)\npanic: index out of range [recovered]\n", "TestA", "panic: index out of range [recovered]"},
		"it hangs":    {"panic: test timed out after 1s\n\trunning tests:\n\t\tTestA (1s)\n", "TestA", "it never ends"},
		"a schedule":  {"--- FAIL: TestSchedules (1s)\n    s_test.go:1: seed 9:\n          x\n    s_test.go:1: seed 3:\n          y\n", "TestSchedules", "seed 3: y"},
		"not a proof": {"exit status 2\n", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := parseOutput([]byte(c.out), t.TempDir())
			require.Equal(t, c.failed, r.Failed)
			require.Equal(t, c.line, r.Line)
		})
	}
}
