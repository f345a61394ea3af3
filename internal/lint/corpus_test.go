package lint

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/golden"
)

// corpusFile is a real, publicly available file, which we have no license to commit. The tests
// only contain its number and positions in it.
type corpusFile struct {
	number string
	lines  []string
	Result
}

// lintCorpus lints all real files in one run.
func lintCorpus(tb testing.TB) []corpusFile {
	tb.Helper()
	folder := os.Getenv("ORGMODES_CORPUS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	paths, _ := filepath.Glob(filepath.Join(folder, "[0-9]*.[jy]*"))
	if len(paths) == 0 {
		tb.Skipf("no corpus of real files at %s; ORGMODES_CORPUS can name another folder", folder)
	}
	files := make([]corpusFile, len(paths))
	results := make([]Result, len(paths))
	for i, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(tb, err)
		number, _, _ := strings.Cut(filepath.Base(path), "-")
		files[i] = corpusFile{number: number, lines: strings.Split(string(data), "\n")}
		results[i] = Check(tb.Context(), filepath.Base(path), data)
	}
	Compare(results)
	for i := range files {
		files[i].Result = results[i]
	}
	return files
}

// TestCorpusFindings compares the number of findings per rule and position, for each real
// file, with a golden file. The golden file contains none of the files' text.
func TestCorpusFindings(t *testing.T) {
	var b strings.Builder
	for _, f := range lintCorpus(t) {
		results := []Result{f.Result}
		fmt.Fprintf(&b, "%s: %s %s, %d modes, %d valid; %d errors, %d warnings, %d notes\n", f.number, f.Form, f.Format,
			f.Modes, f.Valid, Count(results, Error), Count(results, Warning), Count(results, Info))
		count := map[string]int{}
		var order []string
		for _, finding := range f.Findings {
			line := fmt.Sprintf("%d:%d %s %s", finding.Line, finding.Column, finding.Severity, finding.Rule)
			if count[line]++; count[line] == 1 {
				order = append(order, line)
			}
		}
		for _, line := range order {
			fmt.Fprintf(&b, "    %s %d\n", line, count[line])
		}
	}
	golden.Equal(t, "corpus_findings.txt", []byte(b.String()))
}

// TestCorpusKnownProblemsAreReported checks that the oddities listed in the corpus' own index are
// reported, each on its line.
func TestCorpusKnownProblemsAreReported(t *testing.T) {
	files := lintCorpus(t)
	for _, odd := range []struct {
		number, rule string
		// at is a pattern for the line, and of is the number of findings.
		at     string
		of     int
		detail string
	}{
		{"01", "invalid-mode", `^\s+- - edit`, 1, "exactly two elements, its name and one object; this has 3"},
		{"05", "upper-case-slug", `slug: `, 1, "refuse capital letters"},
		{"08", "upper-case-slug", `"slug": `, 1, "refuse capital letters"},
		{"12", "read-differently", `^\s*- `, 1, "put `customModes:` above it"},
		{"14", "short-role", `"roleDefinition": "\w{4}"`, 1, "is all that a model learns"},
		{"29", "upper-case-slug", `slug: `, 1, "refuse capital letters"},
		{"32", "read-differently", `^  - id: `, 1, "only its content is stored"},
		{"38", "unknown-field", `^\s+(category|tags):`, 22, "is kept and handed on"},
		{"40", "read-differently", `^modes:`, 1, "as if it were `customModes`"},
		{"40", "invalid-mode", `^\s+- slug: `, 5, "Groups is required"},
		{"62", "long-prompt", `customInstructions: `, 1, "56 KiB"},
		{"65", "read-differently", `^  - id: `, 1, "only its content is stored"},
		{"77", "read-differently", `^custom_modes:`, 1, "as if it were `customModes`"},
		{"79", "read-differently", `^custom_modes:`, 1, "as if it were `customModes`"},
	} {
		i := slices.IndexFunc(files, func(f corpusFile) bool { return f.number == odd.number })
		require.GreaterOrEqual(t, i, 0, odd.number)
		f, found := files[i], 0
		for _, finding := range f.Findings {
			if finding.Rule != odd.rule || !strings.Contains(strings.ToLower(finding.Detail), strings.ToLower(odd.detail)) {
				continue
			}
			found++
			assert.Regexp(t, odd.at, f.lines[finding.Line-1], "%s:%d", f.number, finding.Line)
		}
		assert.Equal(t, odd.of, found, "%s: %s", f.number, odd.rule)
	}
	// Odd to others but valid here: no modes, smart quotes, anchors.
	for _, number := range []string{"55", "66", "62"} {
		i := slices.IndexFunc(files, func(f corpusFile) bool { return f.number == number })
		assert.Equal(t, files[i].Modes, files[i].Valid, number)
		assert.Zero(t, Count([]Result{files[i].Result}, Error), number)
	}
}

// TestCorpusReports checks that every finding has a position and a text, and that all
// reports can be written. Shared findings must not drown those of a single file.
func TestCorpusReports(t *testing.T) {
	var all []Result
	for _, f := range lintCorpus(t) {
		for _, finding := range f.Findings {
			require.Positive(t, finding.Line, "%s: %v", f.File, finding)
			require.Positive(t, finding.Column, "%s: %v", f.File, finding)
			require.NotEmpty(t, finding.Detail)
			if finding.Severity == Warning {
				require.NotEmpty(t, finding.Fix, "%s: %v", f.File, finding)
			}
		}
		all = append(all, f.Result)
	}
	assert.Equal(t, 6, Count(all, Error))
	var text bytes.Buffer
	require.NoError(t, WriteText(&text, all))
	for _, r := range all {
		assert.Equal(t, 1, strings.Count("\n"+text.String(), "\n"+r.File+": "), "one heading for each file")
	}
	for rule, atMost := range map[string]int{"no-purpose": 2, "architect-beside-plan": 2, "slug-in-several-files": 2, "file-regex-is-glob": 30} {
		assert.LessOrEqual(t, strings.Count(text.String(), rule), atMost, "%s is reported too often", rule)
		assert.Contains(t, text.String(), rule)
	}
	for _, write := range []func() error{
		func() error { return WriteJSON(&bytes.Buffer{}, all) },
		func() error { return WriteSARIF(&bytes.Buffer{}, all, "") },
	} {
		require.NoError(t, write())
	}
}
