package modes

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/golden"
	"orgmodes/internal/modes/nodetest"
	"orgmodes/internal/prove"
)

// corpus returns the folder of real, publicly available files, which we have no license to
// commit.
func corpus(tb testing.TB) string {
	tb.Helper()
	folder := os.Getenv("ORGMODES_CORPUS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(folder); err != nil {
		tb.Skipf("no corpus of real files at %s; ORGMODES_CORPUS can name another folder", folder)
	}
	return folder
}

func corpusFiles(tb testing.TB) []string {
	tb.Helper()
	var paths []string
	for _, pattern := range []string{"*.yaml", "*.json"} {
		found, err := filepath.Glob(filepath.Join(corpus(tb), pattern))
		require.NoError(tb, err)
		paths = append(paths, found...)
	}
	slices.Sort(paths)
	require.NotEmpty(tb, paths)
	return paths
}

// TestCorpusResults compares the report for each real file with a golden file.
func TestCorpusResults(t *testing.T) {
	var b strings.Builder
	for _, path := range corpusFiles(t) {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		f, err := ReadFile(t.Context(), data)
		number, _, _ := strings.Cut(filepath.Base(path), "-")
		if err != nil {
			fmt.Fprintf(&b, "%s: refused: %s\n", number, describeFault(t, err))
			continue
		}
		fmt.Fprintf(&b, "%s: %s, %d modes, %d valid\n", number, f.Format, len(f.Entries), len(f.Modes()))
		for _, n := range f.Notices {
			fmt.Fprintf(&b, "    notice %d:%d %s: %s\n", n.Line, n.Column, n.Pointer, n.Detail)
		}
		for _, e := range f.Entries {
			for _, p := range e.Problems {
				fmt.Fprintf(&b, "    mode %d, %d:%d %s: %s\n", e.Index, p.Line, p.Column, p.Pointer, p.Detail)
			}
		}
	}
	golden.Equal(t, "corpus_verdicts.txt", []byte(b.String()))
}

// readCorpus reads a real file. None of them is refused as a whole.
func readCorpus(tb testing.TB, path string) File {
	tb.Helper()
	data, err := os.ReadFile(path)
	require.NoError(tb, err)
	f, err := ReadFile(tb.Context(), data)
	require.NoError(tb, err, filepath.Base(path))
	return f
}

// TestCorpusCounts checks the form and the number of modes of each real file.
// testdata/corpus_counts.tsv has the expected numbers, which were counted with other tools.
func TestCorpusCounts(t *testing.T) {
	table, err := os.ReadFile(filepath.Join("testdata", "corpus_counts.tsv"))
	require.NoError(t, err)
	want := map[string]string{}
	for line := range strings.Lines(string(table)) {
		if name, counts, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && name != "file" {
			want[name] = counts
		}
	}
	paths := corpusFiles(t)
	require.Len(t, want, len(paths))
	for _, path := range paths {
		f := readCorpus(t, path)
		got := fmt.Sprintf("%s\t%s\t%d\t%d", f.Form, f.Format, len(f.Entries), len(f.Modes()))
		require.Equal(t, want[filepath.Base(path)], got, filepath.Base(path))
		for _, e := range f.Entries {
			require.Positive(t, e.Line)
			require.Positive(t, e.Column)
			for _, p := range e.Problems {
				require.Positive(t, p.Line)
				require.Positive(t, p.Column)
			}
		}
	}
}

func describeFault(tb testing.TB, err error) string {
	tb.Helper()
	e, ok := fault.As(err)
	require.True(tb, ok, "%v is no fault.Error", err)
	return e.Code + ": " + e.Error()
}

// TestCorpusRoundTrip writes every valid mode and reads it with each parser that reads our
// output.
func TestCorpusRoundTrip(t *testing.T) {
	node := nodetest.Start(t)
	for i, path := range corpusFiles(t) {
		if i%4 != 0 && !prove.Enabled() {
			continue
		}
		f := readCorpus(t, path)
		t.Run(filepath.Base(path), func(t *testing.T) {
			ms := f.Modes()
			written := WriteYAML(ms, "A header\nof two lines")
			sameModes(t, ms, written)
			sameModes(t, ms, WriteJSON(ms))

			want := canonicalValue(map[string]any{"customModes": fileValues(t, ms)})
			require.Equal(t, want, readByYAMLv3(t, written))
			byYAML, byJSYAML := node.YAML(t, written)
			require.Equal(t, want, fromNode(t, byYAML))
			require.Equal(t, want, fromNode(t, byJSYAML))
		})
	}
}

func sameModes(tb testing.TB, want []Mode, file []byte) {
	tb.Helper()
	again, err := ReadFile(tb.Context(), file)
	require.NoError(tb, err)
	got := again.Modes()
	require.Len(tb, got, len(want))
	for i := range want {
		require.True(tb, want[i].Equal(got[i]), "mode %s changed", want[i].Slug)
	}
}
