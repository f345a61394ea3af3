package templates

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
)

func told(f Files) string {
	var b strings.Builder
	for _, e := range f.Entries {
		fmt.Fprintf(&b, "%d %s %d:%d %q %s", e.Index, e.File+e.Pointer, e.Line, e.Column, e.Template.Name, e.ID)
		if e.Conflict != nil {
			fmt.Fprintf(&b, " conflict with %d (%s, line %d)", e.Conflict.Index, e.Conflict.File, e.Conflict.Line)
		}
		fmt.Fprintf(&b, "\n%s", places(e.Problems))
		for _, n := range e.Notices {
			fmt.Fprintf(&b, "    notice %s %d:%d %s: %s\n", n.File, n.Line, n.Column, n.Pointer, n.Detail)
		}
	}
	for _, n := range f.Notices {
		fmt.Fprintf(&b, "notice %s: %s\n", n.File, n.Detail)
	}
	return b.String()
}

func one(name string) string { return fmt.Sprintf(`{"name": %q, "permission_mode": "plan"}`, name) }

func withID(id fmt.Stringer, name string) string {
	return fmt.Sprintf("{\"name\": %q, \"permission_mode\": \"plan\",\n \"template_id\": %q}", name, id)
}

func TestRead(t *testing.T) {
	var files []modes.NamedFile
	for _, f := range []struct{ name, text string }{
		{"a/Foo Bar.json", one("Foo Bar")},
		{"a/foo-bar.json", one("foo-bar")},
		{"a/foo bar.json", one(" FOO BAR ")},
		{id(1).String() + ".json", withID(id(1), "same id")},
		{"renamed.json", withID(id(1), "same id, other file")},
		{id(2).String() + ".json", one("id from the name")},
		{"b/" + id(3).String() + ".json", withID(id(4), "other id than the name")},
		{"c/" + id(5).String() + ".json", "{\"version\": 1, \"template\": " + withID(id(6), "in an envelope") + "}"},
		{"d/" + id(7).String() + ".json", "[" + withID(id(8), "in a list") + ", " + one("second") + "]"},
		{"e/bad id.json", `{"name": "x", "permission_mode": "plan", "template_id": "123"}`},
		{"e/nil id.json", withID(id(0), "almost no id") + " "},
		{"e/no id.json", `{"name": "n", "permission_mode": "plan", "template_id": "00000000-0000-0000-0000-000000000000", "created_at": 5}`},
		{"e/times.json", `{"name": "t", "permission_mode": "plan", "template_id": null, "created_at": "yesterday", "updated_at": "2025-01-01"}`},
		{"f/broken.json", "{\n  \"name\": \"x\"\n  \"permission_mode\": \"plan\"}"},
		{"f/empty.json", ""},
		{"f/text.json", `"x"`},
		{"f/unknown field.json", "{\"name\": \"u\",\n \"permission_mode\": \"plan\",\n  \"models\": \"x\"}"},
		{"f/unknown tool.json", "{\"name\": \"v\", \"permission_mode\": \"plan\",\n \"allowed_tools\": [\"Read\",\n  \"Gerp\"]}"},
		{"f/package.json", `{"private": true}`},
		{"g/envelope.json", "{\"version\": 2,\n \"exported_at\": 5,\n \"exported_by\": \"x\",\n \"template\": {}}"},
		{"g/both.json", `{"version": 1, "template": {}, "templates": []}`},
		{"g/no list.json", `{"version": 1, "templates": {}}`},
		{"g/null.json", `{"version": 1, "exported_at": null, "template": null}`},
		{"g/several.json", "{\"version\": 1, \"exported_at\": \"x\", \"templates\": [" + one("g1") + ",\n" + one("") + ", 5]}"},
		{"g/empty list.json", `[]`},
		{"README.md", "#"},
		{".hidden.json", "{}"},
		{"__MACOSX/._a.json", "x"},
		{"H.JSON", one("capitals")},
	} {
		files = append(files, modes.NamedFile{Name: f.name, Data: []byte(f.text)})
	}
	got, err := Read(files, Tools{})
	require.NoError(t, err)
	golden(t, "files.txt", []byte(told(got)))
	assert.Equal(t, "a/Foo Bar.json", files[0].Name, "the caller's order stays")
	for i, e := range got.Entries {
		assert.Equal(t, i, e.Index)
	}
}

func TestOneFile(t *testing.T) {
	got, err := ReadFile([]byte("[\n"+one("A")+"\n, "+one("a")+"]"), Tools{})
	require.NoError(t, err)
	assert.Equal(t, "0 /0 2:1 \"A\" 00000000-0000-0000-0000-000000000000\n1 /1 3:3 \"a\" 00000000-0000-0000-0000-000000000000 conflict with 0 (, line 2)\n", told(got))
}

func TestTooMuchAtOnce(t *testing.T) {
	file := func(i int, data string) modes.NamedFile {
		return modes.NamedFile{Name: fmt.Sprintf("%d.json", i), Data: []byte(data)}
	}
	many := make([]modes.NamedFile, modes.MaxFiles+1)
	for i := range many {
		many[i] = file(i, "{}")
	}
	zeros := "[" + strings.Repeat("0,", 100_000) + "0]"
	for name, c := range map[string]struct {
		code  string
		files []modes.NamedFile
	}{
		"files":     {"too_many_files", many},
		"bytes":     {"files_too_large", []modes.NamedFile{file(1, strings.Repeat(" ", 9<<20)), file(2, strings.Repeat(" ", 9<<20))}},
		"values":    {"too_many_values", []modes.NamedFile{file(1, `{"a": `+zeros+`}`), file(2, `{"a": `+zeros+`}`), file(3, `{"a": `+zeros+`}`)}},
		"templates": {"too_many_templates", []modes.NamedFile{file(1, zeros)}},
	} {
		_, err := Read(c.files, Tools{})
		f, _ := fault.As(err)
		require.NotNil(t, f, name)
		assert.Equal(t, fault.TooLarge, f.Kind, name)
		assert.Equal(t, c.code, f.Code, name)
	}
	got, err := Read([]modes.NamedFile{file(1, strings.Repeat(" ", modes.MaxUploadBytes+1)), file(2, one("fine"))}, Tools{})
	require.NoError(t, err)
	require.Len(t, got.Entries, 2)
	assert.Contains(t, got.Entries[0].Problems[0].Detail, "at most 10 MiB")
	assert.Empty(t, got.Entries[1].Problems)
	assert.Empty(t, got.Notices)
}

// packed makes a zip file of one entry.
func packed(tb testing.TB, header zip.FileHeader, text string, more ...string) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.CreateHeader(&header)
	require.NoError(tb, err)
	_, err = f.Write([]byte(text))
	require.NoError(tb, err)
	for _, name := range more {
		f, err := w.Create(name)
		require.NoError(tb, err)
		_, err = f.Write([]byte(one(name)))
		require.NoError(tb, err)
	}
	require.NoError(tb, w.Close())
	return b.Bytes()
}

func TestReadArchive(t *testing.T) {
	data := packed(t, zip.FileHeader{Name: "templates/"}, "", "templates/b.json", "templates/a.json", "README.md", "__MACOSX/templates/._a.json")
	got, err := ReadArchive(data, Tools{})
	require.NoError(t, err)
	require.Len(t, got.Entries, 2)
	assert.Equal(t, "templates/a.json", got.Entries[0].Template.Name)
	assert.Len(t, got.Notices, 2)

	again, err := WriteArchive(shippedOrganization())
	require.NoError(t, err)
	same, err := WriteArchive(shippedOrganization())
	require.NoError(t, err)
	assert.Equal(t, again, same, "no clock in it")
}

func TestArchivesThatAreRefused(t *testing.T) {
	link := zip.FileHeader{Name: "a.json"}
	link.SetMode(fs.ModeSymlink | 0o777)
	device := zip.FileHeader{Name: "a.json"}
	device.SetMode(fs.ModeDevice | 0o666)
	plain := func(name string) zip.FileHeader { return zip.FileHeader{Name: name} }
	many := make([]string, modes.MaxFiles)
	for i := range many {
		many[i] = fmt.Sprintf("%d.md", i)
	}
	lying := packed(t, plain("a.json"), one("a"))
	lying[bytes.Index(lying, []byte("PK\x01\x02"))+24] = 1
	for _, c := range []struct {
		name, code string
		data       []byte
	}{
		{"no archive", "malformed_archive", []byte("{}")},
		{"cut short", "malformed_archive", packed(t, plain("a.json"), "{}")[:50]},
		{"lies about its size", "malformed_archive", lying},
		{"path out of it", "unsafe_archive", packed(t, plain("../a.json"), "{}")},
		{"path out of it, skipped", "unsafe_archive", packed(t, plain("a/../../b.md"), "x")},
		{"absolute", "unsafe_archive", packed(t, plain("/etc/a.json"), "{}")},
		{"drive", "unsafe_archive", packed(t, plain("C:/a.json"), "{}")},
		{"backslash", "unsafe_archive", packed(t, plain(`..\a.json`), "{}")},
		{"control character", "unsafe_archive", packed(t, plain("a\x00.json"), "{}")},
		{"not UTF-8", "unsafe_archive", packed(t, plain("a\xff.json"), "{}")},
		{"twice", "unsafe_archive", packed(t, plain("a.json"), "{}", "a.json")},
		{"link", "unsafe_archive", packed(t, link, "/etc/passwd")},
		{"device", "unsafe_archive", packed(t, device, "")},
		{"bomb", "unsafe_archive", packed(t, zip.FileHeader{Name: "a.json", Method: zip.Deflate}, strings.Repeat(" ", 9<<20))},
		{"encrypted", "encrypted_archive", packed(t, zip.FileHeader{Name: "a.json", Flags: 1}, "x")},
		{"too many files", "too_many_files", packed(t, plain("a.json"), "{}", many...)},
		{"upload", "upload_too_large", make([]byte, modes.MaxUploadBytes+1)},
	} {
		_, err := ReadArchive(c.data, Tools{})
		f, _ := fault.As(err)
		if assert.NotNil(t, f, c.name) {
			assert.Equal(t, c.code, f.Code, c.name)
		}
	}
}
