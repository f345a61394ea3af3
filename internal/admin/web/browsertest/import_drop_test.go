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

// writeFolder writes files into a new folder, by their relative paths, and returns its path.
func (s *site) writeFolder(name string, files map[string]string) string {
	s.t.Helper()
	root := filepath.Join(s.t.TempDir(), name)
	for path, text := range files {
		path = filepath.Join(root, path)
		require.NoError(s.t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(s.t, os.WriteFile(path, []byte(text), 0o600))
	}
	return root
}

func modeYAML(slug, name string) string {
	return "customModes:\n- {slug: " + slug + ", name: " + name + ", roleDefinition: You are " + name + "., groups: [read]}\n"
}

func TestImportByDropPickerAndPaste(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner)
	polling := s.pollingEditor(s.editorToken)
	imported := func(what string, slugs ...string) {
		t.Helper()
		b.clickAndNavigate("form.import button.primary")
		b.text("h1").is("What would change")
		b.clickAndNavigate("button[value=apply]")
		b.text("h1").is("Imported " + what)
		for _, slug := range slugs {
			polling.waitForText("slug: " + slug)
		}
		b.checkConsole()
		b.open("/orgs/acme/modes/import")
	}
	b.open("/orgs/acme/modes/import")

	// One file, then several at once.
	b.drop(s.writeFile(".roomodes", modeYAML("dropped", "Dropped")))
	b.waitForText("[data-file-summary]", ".roomodes, 1 KB")
	imported("1 mode", "dropped")
	b.drop(s.writeFile("a.yaml", modeYAML("first", "First")), s.writeFile("b.yaml", modeYAML("second", "Second")), s.writeFile("photo.png", "no modes"))
	b.waitForText("[data-file-summary]", "2 files of 3")
	imported("2 modes", "first", "second")

	// A folder: files that can't hold modes are not uploaded.
	files := map[string]string{
		"app/.roomodes": modeYAML("in-folder", "In a folder"), "deep/er/modes.yaml": modeYAML("deeper", "Deeper"),
		"README.md": "# Hello", "node_modules/x/.roomodes": modeYAML("foreign", "Foreign"),
	}
	b.drop(s.writeFolder("repository", files))
	b.waitForText("[data-file-summary]", "2 files of ")
	imported("2 modes", "in-folder", "deeper")

	// A folder from the file picker.
	picked := s.writeFolder("picked", map[string]string{
		"app/.roomodes": modeYAML("picked", "Picked"), "README.md": "# Hello", "node_modules/x/.roomodes": modeYAML("foreign", "Foreign"),
	})
	b.upload("#import-folder", picked)
	b.waitForText("[data-file-summary]", "picked/app/.roomodes of 3, 1 KB")
	imported("1 mode", "picked")

	// A zip file, and pasted text.
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	f, err := z.Create("team/.roomodes")
	require.NoError(t, err)
	_, err = f.Write([]byte(modeYAML("zipped", "Zipped")))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	b.drop(s.writeFile("modes.zip", archive.String()))
	b.waitForText("[data-file-summary]", "modes.zip, 1 KB")
	imported("1 mode", "zipped")
	b.focus("#import-paste")
	b.paste(modeYAML("pasted", "Pasted"))
	imported("1 mode", "pasted")

	// No file that could hold modes.
	b.drop(s.writeFolder("photos", map[string]string{"a.png": "a", "b.png": "b"}))
	b.waitForText("[data-file-summary]", "None of 2 files can hold modes.")
	polling.checkNotModified()
	b.checkA11yAndConsole()
	s.readerServes("dropped", "first", "second", "in-folder", "deeper", "picked", "zipped", "pasted")
}
