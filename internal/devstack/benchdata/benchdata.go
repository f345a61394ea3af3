// Package benchdata provides a large file of modes to benchmarks: the largest real one that
// we know of, if available, or else a generated one of the same size.
package benchdata

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Modes is the number of modes in the file, real or generated.
const Modes = 186

// Read returns the file and its origin, "real" or "made-up". It looks for a real one in the
// directory ORGMODES_CORPUS. Such files belong to third parties, so we can't commit them.
func Read(tb testing.TB) (data []byte, from string) {
	tb.Helper()
	if folder := os.Getenv("ORGMODES_CORPUS"); folder != "" {
		if found, _ := filepath.Glob(filepath.Join(folder, "62-*.yaml")); len(found) == 1 {
			data, err := os.ReadFile(found[0])
			if err != nil {
				tb.Fatal(err)
			}
			return data, "real"
		}
	}
	return synthetic(), "made-up"
}

// synthetic generates a file with the real one's number of modes, size (1.4 MB) and anchors.
func synthetic() []byte {
	const paragraph = "      ## Rules\n\n      - Do this, then **that**: see `docs/guide.md` first.\n      - Ask, if unclear: \"never guess\".\n\n"
	var b bytes.Buffer
	b.WriteString("customModes:\n")
	for i := range Modes {
		groups := "*tools"
		if i == 0 {
			groups = "&tools [read, edit, browser, command, mcp]"
		}
		fmt.Fprintf(&b, "  - slug: mode-%d\n    name: Mode %d\n    roleDefinition: You are number %d.\n    groups: %s\n    customInstructions: |-\n%s",
			i, i, i, groups, strings.Repeat(paragraph, 65))
	}
	return b.Bytes()
}
