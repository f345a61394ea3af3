// Package golden compares test output with a file in testdata, or rewrites that file with
// -update. Only tests import it.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Equal fails the test if got differs from the file name in testdata.
func Equal(tb testing.TB, name string, got []byte) {
	tb.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		tb.Fatalf("%v; run the test with -update", err)
	}
	if string(want) == string(got) {
		return
	}
	wanted, lines := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range max(len(wanted), len(lines)) {
		if line(wanted, i) != line(lines, i) {
			tb.Fatalf("%s:%d: what the test got differs\nwant: %s\ngot:  %s", path, i+1, line(wanted, i), line(lines, i))
		}
	}
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(the end)"
}
