package browsertest

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/prove"
)

// drop drops files and folders on the page, as if dragged from a file manager.
func (b *browser) drop(paths ...string) {
	b.s.t.Helper()
	data := &input.DragData{Items: []*input.DragDataItem{}, Files: paths, DragOperationsMask: 1}
	b.do(
		input.DispatchDragEvent(input.DragEnter, 600, 400, data),
		input.DispatchDragEvent(input.DragOver, 600, 400, data),
		input.DispatchDragEvent(input.Drop, 600, 400, data),
	)
}

// folder writes files into a new folder, by their relative paths, and returns its path.
func (s *site) folder(name string, files map[string]string) string {
	s.t.Helper()
	root := filepath.Join(s.t.TempDir(), name)
	for path, text := range files {
		path = filepath.Join(root, path)
		require.NoError(s.t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(s.t, os.WriteFile(path, []byte(text), 0o600))
	}
	return root
}

func modeFile(slug, name string) string {
	return "customModes:\n- {slug: " + slug + ", name: " + name + ", roleDefinition: You are " + name + "., groups: [read]}\n"
}

func TestFilesAreDroppedChosenAndPasted(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().as(s.owner)
	polling := s.polling(s.editor)
	imported := func(what string, slugs ...string) {
		t.Helper()
		b.follow("form.import button.primary")
		b.text("h1").is("What would change")
		b.follow("button[value=apply]")
		b.text("h1").is("Imported " + what)
		for _, slug := range slugs {
			polling.gets("slug: " + slug)
		}
		b.quiet()
		b.open("/orgs/acme/modes/import")
	}
	b.open("/orgs/acme/modes/import")

	// One file, then several at once.
	b.drop(s.file(".roomodes", modeFile("dropped", "Dropped")))
	b.seen("[data-dropped]", ".roomodes, 1 KB")
	imported("1 mode", "dropped")
	b.drop(s.file("a.yaml", modeFile("first", "First")), s.file("b.yaml", modeFile("second", "Second")), s.file("photo.png", "no modes"))
	b.seen("[data-dropped]", "2 files of 3")
	imported("2 modes", "first", "second")

	// A folder: files that can't hold modes are not uploaded.
	files := map[string]string{
		"app/.roomodes": modeFile("in-folder", "In a folder"), "deep/er/modes.yaml": modeFile("deeper", "Deeper"),
		"README.md": "# Hello", "node_modules/x/.roomodes": modeFile("foreign", "Foreign"),
	}
	b.drop(s.folder("repository", files))
	b.seen("[data-dropped]", "2 files of ")
	imported("2 modes", "in-folder", "deeper")

	// A folder from the file picker.
	picked := s.folder("picked", map[string]string{
		"app/.roomodes": modeFile("picked", "Picked"), "README.md": "# Hello", "node_modules/x/.roomodes": modeFile("foreign", "Foreign"),
	})
	b.upload("#import-folder", picked)
	b.seen("[data-dropped]", "picked/app/.roomodes of 3, 1 KB")
	imported("1 mode", "picked")

	// A zip file, and pasted text.
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	f, err := z.Create("team/.roomodes")
	require.NoError(t, err)
	_, err = f.Write([]byte(modeFile("zipped", "Zipped")))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	b.drop(s.file("modes.zip", archive.String()))
	b.seen("[data-dropped]", "modes.zip, 1 KB")
	imported("1 mode", "zipped")
	b.focus("#import-paste")
	b.paste(modeFile("pasted", "Pasted"))
	imported("1 mode", "pasted")

	// No file that could hold modes.
	b.drop(s.folder("photos", map[string]string{"a.png": "a", "b.png": "b"}))
	b.seen("[data-dropped]", "None of 2 files can hold modes.")
	polling.unchanged()
	b.sound()
	s.readerServes("dropped", "first", "second", "in-folder", "deeper", "picked", "zipped", "pasted")
}
