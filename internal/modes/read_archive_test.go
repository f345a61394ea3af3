package modes

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/cputime"
	"orgmodes/internal/fault"
	"orgmodes/internal/golden"
	"orgmodes/internal/resource"
	"orgmodes/internal/upload"
)

const oneMode = "slug: %s\nname: A\nroleDefinition: r\ngroups: []\n"

// makeZip returns a zip file of alternating names and texts.
func makeZip(tb testing.TB, namesAndTexts ...string) []byte {
	tb.Helper()
	var files []upload.File
	for i := 0; i < len(namesAndTexts); i += 2 {
		files = append(files, upload.File{Name: namesAndTexts[i], Data: []byte(namesAndTexts[i+1])})
	}
	data, err := upload.Pack(files)
	require.NoError(tb, err)
	return data
}

func mode(slug string) string { return fmt.Sprintf(oneMode, slug) }

func TestReadArchive(t *testing.T) {
	folder, err := ReadArchive(t.Context(), makeZip(t,
		"modes/b.yaml", mode("b"),
		"modes/", "",
		"a.json", `{"customModes": [{"slug": "a", "name": "A", "roleDefinition": "r", "groups": []}, {"slug": "B", "name": "B", "roleDefinition": "r", "groups": []}]}`,
		"modes/.roomodes", "customModes:\n- "+strings.ReplaceAll(strings.TrimSpace(mode("a")), "\n", "\n  "),
		"README.md", "# Modes",
		"logo.png", "\x89PNG",
		"more.zip", "PK",
		"LICENSE", "MIT",
		"__MACOSX/._a.json", "x",
		"broken.yaml", "a: [",
		"package.json", `{"name": "x"}`,
	))
	require.NoError(t, err)
	var b strings.Builder
	for _, f := range folder.Files {
		fmt.Fprintf(&b, "%s: %s%d modes, %d valid", f.Name, f.File.Form+" ", len(f.File.Entries), len(f.File.Modes()))
		if f.Skipped != "" {
			fmt.Fprintf(&b, ", %s", f.Skipped)
		}
		if f.Err != nil {
			fmt.Fprintf(&b, ", %v", f.Err)
		}
		b.WriteByte('\n')
	}
	for _, e := range folder.File.Entries {
		fmt.Fprintf(&b, "%d %s%s %s %v\n", e.Index, e.File, e.Pointer, e.Mode.Slug, e.Problems)
	}
	for _, n := range folder.File.Notices {
		fmt.Fprintf(&b, "notice %s: %s\n", n.File, n.Detail)
	}
	golden.Equal(t, "archive.txt", []byte(b.String()))
	assert.Equal(t, 2, folder.RefusedCount())
	assert.Equal(t, &resource.Conflict{Index: 1, File: "a.json", Line: 1}, folder.File.Entries[3].Conflict)
}

func TestReadArchiveRefusals(t *testing.T) {
	// Five levels of aliases; the last one expands to 100,000 values.
	bomb := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 5; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9), i-1)
	}
	var bombs []string
	for i := range 100 {
		bombs = append(bombs, fmt.Sprintf("%d.yaml", i), bomb)
	}
	tooMany := "customModes:\n"
	for i := range 300 {
		tooMany += "- {slug: %[1]s" + fmt.Sprint(i) + ", name: A, roleDefinition: r, groups: []}\n"
	}
	for _, c := range []struct {
		name, code string
		data       []byte
	}{
		{"path out of it", "unsafe_archive", makeZip(t, "fine.yaml", mode("a"), "../../a.yaml", mode("b"))},
		{"path out of it, skipped", "unsafe_archive", makeZip(t, "a/../../b.md", "x")},
		{"bombs of aliases", "too_many_values", makeZip(t, bombs...)},
		{"too many modes", "too_many_modes", makeZip(t, "a.yaml", fmt.Sprintf(tooMany, "a"), "b.yaml", fmt.Sprintf(tooMany, "b"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			spent := cputime.Spent()
			_, err := ReadArchive(t.Context(), c.data)
			spent = cputime.Spent() - spent
			runtime.ReadMemStats(&after)
			e, ok := fault.As(err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, c.code, e.Code, "%v", err)
			assert.Less(t, spent, time.Minute)
			if hostileDivisor == 1 {
				assert.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(200), "MiB allocated in all")
			}
		})
	}
}

func TestReadFilesBoundsTotalSize(t *testing.T) {
	half := []byte("# " + strings.Repeat("x", upload.MaxUploadBytes-10))
	_, err := ReadFiles(t.Context(), []upload.File{{Name: "a.yaml", Data: half}, {Name: "b.yaml", Data: half}})
	require.ErrorContains(t, err, "at most 16 MiB")
	// A single file beyond the limit is only that file's problem.
	folder, err := ReadFiles(t.Context(), []upload.File{{Name: "a.yaml", Data: make([]byte, 100<<20)}, {Name: "b.yaml", Data: []byte(mode("b"))}})
	require.NoError(t, err)
	assert.True(t, fault.Is(folder.Files[0].Err, fault.TooLarge))
	assert.Len(t, folder.File.Modes(), 1)
}

// FuzzReadArchive checks that nothing panics, and that the files read can be packed and read
// again.
func FuzzReadArchive(f *testing.F) {
	good := makeZip(f, "a.yaml", mode("a"), "b/.roomodes", "customModes:\n- "+mode("b")[:10], "README.md", "x")
	f.Add(good)
	f.Add(makeZip(f, "../a.yaml", mode("a")))
	f.Add(makeZip(f))
	f.Add(good[:len(good)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		folder, err := ReadArchive(t.Context(), data)
		if err != nil {
			require.False(t, fault.Is(err, fault.Internal), "%v", err)
			return
		}
		ms := folder.File.Modes()
		archive, err := Exporter{}.Archive(ms)
		require.NoError(t, err)
		again, err := ReadArchive(t.Context(), archive)
		require.NoError(t, err)
		require.Len(t, again.File.Modes(), len(ms))
	})
}
