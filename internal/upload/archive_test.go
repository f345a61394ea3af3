package upload

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/cputime"
	"orgmodes/internal/fault"
)

const text = "customModes: []\n"

var notesKind = Kind{Noun: "notes", SkipReason: func(name string) string {
	if !strings.HasSuffix(name, ".yaml") {
		return "skipped"
	}
	return ""
}}

// makeZip returns a zip file of alternating names and texts.
func makeZip(tb testing.TB, namesAndTexts ...string) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(namesAndTexts); i += 2 {
		f, err := w.Create(namesAndTexts[i])
		require.NoError(tb, err)
		_, err = f.Write([]byte(namesAndTexts[i+1]))
		require.NoError(tb, err)
	}
	require.NoError(tb, w.Close())
	return b.Bytes()
}

func makeZipWithHeader(tb testing.TB, header zip.FileHeader, text string) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.CreateHeader(&header)
	require.NoError(tb, err)
	_, err = f.Write([]byte(text))
	require.NoError(tb, err)
	require.NoError(tb, w.Close())
	return b.Bytes()
}

// withDeclaredSize returns the archive with another declared size of its first file.
func withDeclaredSize(data []byte, size uint32) []byte {
	data = bytes.Clone(data)
	binary.LittleEndian.PutUint32(data[bytes.Index(data, directorySignature)+24:], size)
	return data
}

func TestUnpack(t *testing.T) {
	files, err := notesKind.Unpack(makeZip(t, "b.yaml", text, "modes/", "", "a.yaml", "", "logo.png", "\x89PNG", "logo.png", "twice"))
	require.NoError(t, err)
	want := []File{{"b.yaml", []byte(text)}, {"a.yaml", []byte{}}, {"logo.png", nil}, {"logo.png", nil}}
	assert.Equal(t, want, files, "in the order of the archive, nothing of what isn't read")
	sorted, err := notesKind.Sorted(files)
	require.NoError(t, err)
	assert.Equal(t, "a.yaml", sorted[0].Name)
	assert.Equal(t, "b.yaml", files[0].Name, "the caller's order stays")
}

func TestPack(t *testing.T) {
	files := []File{{"b.yaml", []byte(text)}, {"a/ä.yaml", []byte{}}}
	data, err := Pack(files)
	require.NoError(t, err)
	again, err := Pack(files)
	require.NoError(t, err)
	assert.Equal(t, data, again, "no clock in it")
	unpacked, err := notesKind.Unpack(data)
	require.NoError(t, err)
	assert.Equal(t, files, unpacked)
}

func TestUploadLimits(t *testing.T) {
	_, err := notesKind.Sorted(make([]File, MaxFiles+1))
	require.ErrorContains(t, err, "2001 files; at most 2000 are read at once. Leave out files without notes.")
	half := make([]byte, 9<<20)
	_, err = notesKind.Sorted([]File{{"a.yaml", half}, {"b.yaml", half}})
	require.ErrorContains(t, err, "18 MiB together; at most 16 MiB")
	_, err = notesKind.Sorted([]File{{"a.yaml", half}, {"b.png", half}, {"c.yaml", make([]byte, MaxUploadBytes+1)}})
	require.NoError(t, err, "what is not read, and what is refused unread, doesn't count")
	require.ErrorContains(t, CheckSize(make([]byte, MaxUploadBytes+1)), "This is more than 10 MiB; one upload can have at most 10 MiB")
	require.ErrorContains(t, CheckSize(make([]byte, MaxUploadBytes+2)), "This is 10.01 MiB")
	require.NoError(t, CheckSize(make([]byte, MaxUploadBytes)))
}

func TestUnpackRefusals(t *testing.T) {
	link := zip.FileHeader{Name: "a.yaml"}
	link.SetMode(fs.ModeSymlink | 0o777)
	device := zip.FileHeader{Name: "a.yaml"}
	device.SetMode(fs.ModeDevice | 0o666)
	many := make([]string, 0, 2*MaxFiles+2)
	for i := range MaxFiles + 1 {
		many = append(many, fmt.Sprintf("%d.md", i), "")
	}
	zeros := strings.Repeat(" ", 9<<20)
	for _, c := range []struct {
		name, code string
		data       []byte
	}{
		{"no archive", "malformed_archive", []byte(text)},
		{"nothing", "malformed_archive", nil},
		{"cut short", "malformed_archive", makeZip(t, "a.yaml", text)[:60]},
		{"path out of it", "unsafe_archive", makeZip(t, "fine.yaml", text, "../../a.yaml", text)},
		{"path out of it, skipped", "unsafe_archive", makeZip(t, "a/../../b.md", "x")},
		{"absolute path", "unsafe_archive", makeZip(t, "/etc/a.yaml", text)},
		{"drive", "unsafe_archive", makeZip(t, "C:/a.yaml", text)},
		{"backslash", "unsafe_archive", makeZip(t, `..\a.yaml`, text)},
		{"control character", "unsafe_archive", makeZip(t, "a\x00.yaml", text)},
		{"not UTF-8", "unsafe_archive", makeZip(t, "a\xff.yaml", text)},
		{"one name twice", "unsafe_archive", makeZip(t, "a.yaml", text, "a.yaml", text)},
		{"link", "unsafe_archive", makeZipWithHeader(t, link, "/etc/passwd")},
		{"device", "unsafe_archive", makeZipWithHeader(t, device, "")},
		{"encrypted", "encrypted_archive", makeZipWithHeader(t, zip.FileHeader{Name: "a.yaml", Flags: 1}, "x")},
		{"too many files", "too_many_files", makeZip(t, many...)},
		{"bomb", "unsafe_archive", makeZipWithHeader(t, zip.FileHeader{Name: "a.yaml", Method: zip.Deflate}, zeros)},
		{"bomb that is skipped", "unsafe_archive", makeZipWithHeader(t, zip.FileHeader{Name: "a.png", Method: zip.Deflate}, zeros)},
		{"bomb that says it is small", "malformed_archive", withDeclaredSize(makeZipWithHeader(t, zip.FileHeader{Name: "a.yaml", Method: zip.Deflate}, zeros), 1000)},
		{"says to be huge", "unsafe_archive", withDeclaredSize(makeZip(t, "a.yaml", text), 1<<32-2)},
		{"says to be larger", "malformed_archive", withDeclaredSize(makeZip(t, "a.yaml", text), 1000)},
		{"too large", "upload_too_large", make([]byte, MaxUploadBytes+1)},
		{"too large a directory", "too_many_files", bytes.Repeat(directorySignature, 10*MaxFiles+1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			spent := cputime.Spent()
			_, err := notesKind.Unpack(c.data)
			spent = cputime.Spent() - spent
			runtime.ReadMemStats(&after)
			e, ok := fault.As(err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, c.code, e.Code, "%v", err)
			assert.Less(t, spent, 20*time.Second)
			assert.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(200), "MiB allocated in all")
		})
	}
}

// FuzzUnpack checks that Unpack never panics or fails with an internal error, and that
// unpacked files survive a round trip through Pack.
func FuzzUnpack(f *testing.F) {
	good := makeZip(f, "a.yaml", text, "b/c.yaml", text, "README.md", "x")
	f.Add(good)
	f.Add(withDeclaredSize(good, 3))
	f.Add(makeZip(f, "../a.yaml", text))
	f.Add(makeZip(f))
	f.Add(good[:len(good)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		files, err := notesKind.Unpack(data)
		if err != nil {
			require.False(t, fault.Is(err, fault.Internal), "%v", err)
			return
		}
		archive, err := Pack(files)
		require.NoError(t, err)
		again, err := notesKind.Unpack(archive)
		require.NoError(t, err)
		require.Equal(t, files, again)
	})
}

// overlapping returns an archive whose entries all share the data of the first.
func overlapping(tb testing.TB, entries int, content string) []byte {
	tb.Helper()
	data := makeZip(tb, "0000.yaml", content)
	at := bytes.Index(data, directorySignature)
	end := bytes.LastIndex(data, []byte("PK\x05\x06"))
	directory, trailer := data[at:end], bytes.Clone(data[end:])
	out := bytes.Clone(data[:at])
	for i := range entries {
		entry := bytes.Clone(directory)
		copy(entry[46:], fmt.Sprintf("%04d", i))
		out = append(out, entry...)
	}
	binary.LittleEndian.PutUint16(trailer[8:], uint16(entries))
	binary.LittleEndian.PutUint16(trailer[10:], uint16(entries))
	binary.LittleEndian.PutUint32(trailer[12:], uint32(entries*len(directory)))
	return append(out, trailer...)
}

// randomText returns deterministic, incompressible text.
func randomText(size int) string {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b)
	return string(b)
}

func TestUnpackOverlappingEntriesInflatesNothing(t *testing.T) {
	for _, c := range []struct {
		entries int
		content string
		says    string
	}{
		{15, strings.Repeat("x: [1]\n", 140_000), "more than a hundred times the archive's size"},
		{300, strings.Repeat("x: [1]\n", 100), "overlaps with another entry"},
		{2, text, "overlaps with another entry"},
		{90, randomText(64 << 10), "overlaps with another entry"}, // megabytes, but below the maximum ratio
	} {
		data := overlapping(t, c.entries, c.content)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := notesKind.Unpack(data)
		runtime.ReadMemStats(&after)
		f, ok := fault.As(err)
		require.True(t, ok)
		assert.Equal(t, "unsafe_archive", f.Code)
		require.Len(t, f.Fields, 1)
		assert.Contains(t, f.Fields[0].Detail, c.says)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(2<<20))
	}
	one, err := notesKind.Unpack(overlapping(t, 1, text))
	require.NoError(t, err)
	assert.Len(t, one, 1)
}
