// Package largefile gives benchmarks a large file of modes: the largest real
// one that we know of where it is there, otherwise one made up to its measure.
package largefile

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Modes is how many modes the file has, real or made up.
const Modes = 186

// Read returns the file and where it is from, "real" or "made-up". A real one is
// looked for in the folder that ORGMODES_CORPUS names: such files are other
// people's, and not ours to commit.
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
	return madeUp(), "made-up"
}

// madeUp has the real one's number of modes, its size (1.4 MB) and its anchors.
func madeUp() []byte {
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
