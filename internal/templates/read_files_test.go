package templates

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/golden"
	"orgmodes/internal/upload"
)

func formatFiles(f Files) string {
	var b strings.Builder
	for _, e := range f.Entries {
		fmt.Fprintf(&b, "%d %s %d:%d %q %s", e.Index, e.File+e.Pointer, e.Line, e.Column, e.Template.Name, e.ID)
		if e.Conflict != nil {
			fmt.Fprintf(&b, " conflict with %d (%s, line %d)", e.Conflict.Index, e.Conflict.File, e.Conflict.Line)
		}
		fmt.Fprintf(&b, "\n%s", formatFields(e.Problems))
		for _, n := range e.Notices {
			fmt.Fprintf(&b, "    notice %s %d:%d %s: %s\n", n.File, n.Line, n.Column, n.Pointer, n.Detail)
		}
	}
	for _, n := range f.Notices {
		fmt.Fprintf(&b, "notice %s: %s\n", n.File, n.Detail)
	}
	return b.String()
}

func templateJSON(name string) string {
	return fmt.Sprintf(`{"name": %q, "permission_mode": "plan"}`, name)
}

func withID(id fmt.Stringer, name string) string {
	return fmt.Sprintf("{\"name\": %q, \"permission_mode\": \"plan\",\n \"template_id\": %q}", name, id)
}

func TestReadFiles(t *testing.T) {
	var files []upload.File
	for _, f := range []struct{ name, text string }{
		{"a/Foo Bar.json", templateJSON("Foo Bar")},
		{"a/foo-bar.json", templateJSON("foo-bar")},
		{"a/foo bar.json", templateJSON(" FOO BAR ")},
		{id(1).String() + ".json", withID(id(1), "same id")},
		{"renamed.json", withID(id(1), "same id, other file")},
		{id(2).String() + ".json", templateJSON("id from the name")},
		{"b/" + id(3).String() + ".json", withID(id(4), "other id than the name")},
		{"c/" + id(5).String() + ".json", "{\"version\": 1, \"template\": " + withID(id(6), "in an envelope") + "}"},
		{"d/" + id(7).String() + ".json", "[" + withID(id(8), "in a list") + ", " + templateJSON("second") + "]"},
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
		{"g/several.json", "{\"version\": 1, \"exported_at\": \"x\", \"templates\": [" + templateJSON("g1") + ",\n" + templateJSON("") + ", 5]}"},
		{"g/empty list.json", `[]`},
		{"README.md", "#"},
		{".hidden.json", "{}"},
		{"__MACOSX/._a.json", "x"},
		{"H.JSON", templateJSON("capitals")},
	} {
		files = append(files, upload.File{Name: f.name, Data: []byte(f.text)})
	}
	got, err := ReadFiles(t.Context(), files, Tools{})
	require.NoError(t, err)
	golden.Equal(t, "files.txt", []byte(formatFiles(got)))
	assert.Equal(t, "a/Foo Bar.json", files[0].Name, "the caller's order stays")
	for i, e := range got.Entries {
		assert.Equal(t, i, e.Index)
	}
}

func TestReadFile(t *testing.T) {
	got, err := ReadFile(t.Context(), []byte("[\n"+templateJSON("A")+"\n, "+templateJSON("a")+"]"), Tools{})
	require.NoError(t, err)
	assert.Equal(t, "0 /0 2:1 \"A\" 00000000-0000-0000-0000-000000000000\n1 /1 3:3 \"a\" 00000000-0000-0000-0000-000000000000 conflict with 0 (, line 2)\n", formatFiles(got))
}

func TestUploadLimits(t *testing.T) {
	file := func(i int, data string) upload.File {
		return upload.File{Name: fmt.Sprintf("%d.json", i), Data: []byte(data)}
	}
	many := make([]upload.File, upload.MaxFiles+1)
	for i := range many {
		many[i] = file(i, "{}")
	}
	zeros := "[" + strings.Repeat("0,", 40_000) + "0]"
	for name, c := range map[string]struct {
		code  string
		files []upload.File
	}{
		"files":     {"too_many_files", many},
		"bytes":     {"files_too_large", []upload.File{file(1, strings.Repeat(" ", 9<<20)), file(2, strings.Repeat(" ", 9<<20))}},
		"values":    {"too_many_values", []upload.File{file(1, `{"a": `+zeros+`}`), file(2, `{"a": `+zeros+`}`), file(3, `{"a": `+zeros+`}`)}},
		"templates": {"too_many_templates", []upload.File{file(1, zeros)}},
	} {
		_, err := ReadFiles(t.Context(), c.files, Tools{})
		f, _ := fault.As(err)
		require.NotNil(t, f, name)
		assert.Equal(t, fault.TooLarge, f.Kind, name)
		assert.Equal(t, c.code, f.Code, name)
	}
	got, err := ReadFiles(t.Context(), []upload.File{file(1, strings.Repeat(" ", upload.MaxUploadBytes+1)), file(2, templateJSON("fine"))}, Tools{})
	require.NoError(t, err)
	require.Len(t, got.Entries, 2)
	assert.Contains(t, got.Entries[0].Problems[0].Detail, "at most 10 MiB")
	assert.Empty(t, got.Entries[1].Problems)
	assert.Empty(t, got.Notices)
}

// makeZip returns a zip file with one template per name; each template is called like its file.
func makeZip(tb testing.TB, names ...string) []byte {
	tb.Helper()
	var files []upload.File
	for _, name := range names {
		files = append(files, upload.File{Name: name, Data: []byte(templateJSON(name))})
	}
	data, err := upload.Pack(files)
	require.NoError(tb, err)
	return data
}

func TestReadArchive(t *testing.T) {
	got, err := ReadArchive(t.Context(), makeZip(t, "templates/b.json", "templates/a.json", "README.md", "__MACOSX/templates/._a.json"), Tools{})
	require.NoError(t, err)
	require.Len(t, got.Entries, 2)
	assert.Equal(t, "templates/a.json", got.Entries[0].Template.Name)
	assert.Len(t, got.Notices, 2)

	again, err := WriteArchive(defaultOrganization())
	require.NoError(t, err)
	same, err := WriteArchive(defaultOrganization())
	require.NoError(t, err)
	assert.Equal(t, again, same, "no clock in it")
}

// TestReadArchiveRefusesUnsafeArchives checks that archives are opened by package upload,
// whose tests cover all the reasons for refusal.
func TestReadArchiveRefusesUnsafeArchives(t *testing.T) {
	for code, data := range map[string][]byte{
		"malformed_archive": []byte("{}"),
		"unsafe_archive":    makeZip(t, "a.json", "a/../../b.md"),
		"upload_too_large":  make([]byte, upload.MaxUploadBytes+1),
	} {
		_, err := ReadArchive(t.Context(), data, Tools{})
		f, _ := fault.As(err)
		if assert.NotNil(t, f, code) {
			assert.Equal(t, code, f.Code)
		}
	}
}
