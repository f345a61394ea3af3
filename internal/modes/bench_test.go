package modes

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/imports"
	"orgmodes/internal/resource"
)

// largestFile returns the largest known real file (1.4 MB, 186 modes, with anchors), or a
// synthetic one of about that size.
func largestFile(tb testing.TB) []byte {
	tb.Helper()
	folder := os.Getenv("ORGMODES_CORPUS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if found, _ := filepath.Glob(filepath.Join(folder, "62-*.yaml")); len(found) == 1 {
		data, err := os.ReadFile(found[0])
		require.NoError(tb, err)
		return data
	}
	var b bytes.Buffer
	b.WriteString("customModes:\n")
	paragraph := "## Rules\n\n- Do this, then **that**: see `docs/guide.md` first.\n- Ask, if unclear: \"never guess\".\n\n"
	for i := range 186 {
		groups := "*tools"
		if i == 0 {
			groups = "&tools [read, edit, browser, command, mcp]"
		}
		fmt.Fprintf(&b, "  - slug: mode-%d\n    name: Mode %d\n    roleDefinition: You are number %d.\n    groups: %s\n    customInstructions: %s\n",
			i, i, i, groups, strconv.Quote(strings.Repeat(paragraph, 70)))
	}
	return b.Bytes()
}

func BenchmarkReadFileLargest(b *testing.B) {
	data := largestFile(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := ReadFile(b.Context(), data)
		if err != nil || len(f.Modes()) != 186 {
			b.Fatal(err, len(f.Modes()))
		}
	}
}

func BenchmarkReadFileLargestAsJSON(b *testing.B) {
	f, err := ReadFile(b.Context(), largestFile(b))
	require.NoError(b, err)
	data := WriteJSON(f.Modes())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := ReadFile(b.Context(), data)
		if err != nil || len(f.Modes()) != 186 {
			b.Fatal(err, len(f.Modes()))
		}
	}
}

// BenchmarkPlanLargest reads the largest file and plans its import into a library in which each
// of its modes differs slightly.
func BenchmarkPlanLargest(b *testing.B) {
	data := largestFile(b)
	f, err := ReadFile(b.Context(), data)
	require.NoError(b, err)
	var existing []resource.Object
	for _, m := range f.Modes() {
		m.Config.CustomInstructions = "Before all else, think.\n" + strings.Replace(m.Config.CustomInstructions, "e", "E", 20)
		existing = append(existing, OrganizationMode{ID: uuid.New(), Mode: m}.Object())
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := ReadFile(b.Context(), data)
		require.NoError(b, err)
		p := imports.NewPlan(Kind{}, existing, f.ImportEntries(), imports.ConflictPolicy{Default: imports.Replace})
		if p.Count(resource.ActionUpdate) != 186 {
			b.Fatal(p.Count(resource.ActionUpdate))
		}
	}
}

func BenchmarkWriteYAMLLargest(b *testing.B) {
	f, err := ReadFile(b.Context(), largestFile(b))
	require.NoError(b, err)
	ms := f.Modes()
	b.SetBytes(int64(len(WriteYAML(ms, ""))))
	b.ReportAllocs()
	for b.Loop() {
		WriteYAML(ms, "")
	}
}

func BenchmarkValidate(b *testing.B) {
	m := sampleMode()
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Validate(); err != nil {
			b.Fatal(err)
		}
	}
}
