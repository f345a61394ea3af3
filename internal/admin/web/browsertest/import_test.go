package browsertest

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

var errNotYet = errors.New("not yet")

const brought = `customModes:
  - slug: docs-writer
    name: Handbook writer
    roleDefinition: You write the handbook.
    groups: [read]
  - slug: bad one
    name: Bad
    roleDefinition: You are bad.
    groups: [read]
  - slug: release-notes
    name: Release notes
    roleDefinition: You write release notes.
    groups: [read, [edit, {fileRegex: '\.md$'}]]
  - slug: unknown-group
    name: Unknown
    roleDefinition: You are unknown.
    groups: [read, everything]
`

// file writes a file to upload, and returns its path.
func (s *site) file(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), name)
	require.NoError(s.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(s.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func (b *browser) upload(selector string, paths ...string) {
	b.s.t.Helper()
	b.do(chromedp.SetUploadFiles(selector, paths, chromedp.ByQuery))
}

func TestImportOfAFileWithTwoBadModes(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	polling := s.polling(s.editor)
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes/import")
	b.pictures("import")
	b.upload("#import-files", s.file(".roomodes", brought))
	b.seen("[data-dropped]", ".roomodes, 1 KB")
	b.follow("form.import button.primary")
	b.text("h1").is("What would change")
	b.texts(".plan-what > p:first-child .chip").are("changes yours", "can’t be used", "new", "can’t be used")
	b.pictures("import-plan")
	// Each mistake is shown at its place in the source.
	b.text("#mode-1 .excerpt .here").has("6 - slug: bad one")
	b.text("#mode-3 .excerpt .here").has("groups: [read, everything]")
	b.until(`document.querySelectorAll("[name=take]").length === 2 && document.querySelectorAll("[name=take]:checked").length === 2`)
	b.text("#mode-0 .changes").has("You write the handbook.")

	// Another user changes the library: the page shows a new plan and preserves the
	// choices.
	b.click("#take-2")
	b.js(`document.querySelector("[name=way-0]").value = "keep_both"`)
	s.mode("other", "Another")
	b.expect("status of 412")
	b.follow(`button[value=apply]`)
	b.text(".mistakes").has("The library has changed since you opened this page")
	b.until(`document.querySelector("#take-0").checked && !document.querySelector("#take-2").checked && document.querySelector("[name=way-0]").value === "keep_both"`)
	b.text("#mode-0").has("It becomes Handbook writer docs-writer-2")
	b.pictures("import-stale")
	s.readerServes("docs-writer", "other")

	b.click("#take-2")
	b.follow(`button[value=apply]`)
	b.text("h1").is("Imported 2 modes")
	s.readerServes("docs-writer", "other", "docs-writer-2", "release-notes")
	polling.gets("slug: release-notes")
	require.NotContains(t, polling.body, "bad one")
	b.pictures("import-done")
	b.text("main .rows").has("Release notes release-notes")
	b.follow(`a[href*="mode.import"]`)
	b.texts("tbody tr").count(2)
	b.quiet()
}

func TestImportMendedOnThePageWithoutScripts(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().as(s.owner).withoutScripts()
	b.expect("status of 422")
	b.do(navigate(s.url + "/orgs/acme/modes/import"))
	b.click("form.import button.primary")
	b.seen(".mistakes", "Choose a file, a folder or a zip file")

	b.expect("status of 413")
	b.upload("#import-files", s.file("large.yaml", strings.Repeat("# much too large\n", 11<<20/17)))
	b.click("form.import button.primary")
	b.seen("main", "at most")
	b.shot("import-too-large")
	b.do(navigate(s.url + "/orgs/acme/modes/import"))

	// A syntax error is reported with its place, and can be fixed on the page.
	b.upload("#import-files", s.file("modes.yaml", "customModes:\n  - slug: a\n   name: [\n"))
	b.click("form.import button.primary")
	b.seen(".mistakes .excerpt", "slug: a")
	b.until(`document.querySelector("#import-paste").value.includes("slug: a")`)
	b.fill("#import-paste", brought)
	b.click("form.import button.primary")
	b.seen(".plan-sum", "2 can’t be used")

	// The same after the session has ended: the upload is still there.
	b.click("#take-0")
	b.away()
	b.expect("status of 401")
	b.click(`button[value=apply]`)
	b.seen("main", "You were signed out")
	b.fill("#field-email", "owner@acme.example")
	b.fill("#field-password", goodPassword)
	b.click("button.primary")
	b.seen("h1", "Send it again?")
	b.click("button.primary")
	b.seen("h1", "Imported 1 mode")
	s.readerServes("release-notes")

	b.do(navigate(s.url + "/orgs/acme/modes/import"))
	b.upload("#import-files", s.file("modes.yaml", brought))
	b.click("form.import button.primary")
	b.seen(".plan-sum", "1 the same")
	b.click(".fix > summary")
	b.fill("#fix-text", strings.NewReplacer("bad one", "good-one", ", everything", "").Replace(brought))
	b.click(".fix button")
	b.seen(".plan-sum", "3 new")
	b.click(`button[value=apply]`)
	b.seen("h1", "Imported 3 modes")
	s.readerServes("release-notes", "docs-writer", "good-one", "unknown-group")
	b.quiet()
}

func TestImportOfZipAndManyFiles(t *testing.T) {
	s := newSite(t)
	b := s.browser().as(s.admin)
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for name, text := range map[string]string{
		"team/a/.roomodes": "customModes:\n- {slug: one, name: One, roleDefinition: One., groups: [read]}\n",
		"team/b.yaml":      "customModes:\n- {slug: two, name: Two, roleDefinition: Two., groups: [all]}\n",
		"team/c.json":      "{broken",
		"README.md":        "# Hello",
	} {
		f, err := z.Create(name)
		require.NoError(t, err)
		_, err = f.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	b.open("/orgs/acme/modes/import")
	b.upload("#import-files", s.file("modes.zip", archive.String()))
	b.follow("form.import button.primary")
	b.text("main").has("team/c.json can’t be read")
	b.text(".skipped-files").has("1 file skipped")
	b.text("#mode-1 .excerpt").has("team/b.yaml")
	b.text("#mode-1 .excerpt .here").has("groups: [all]")
	b.pictures("import-plan-zip")
	b.follow(`button[value=apply]`)
	s.readerServes("one")

	// Two files with the same slug: only one of the modes can be imported, and the user
	// chooses which.
	b.open("/orgs/acme/modes/import")
	b.upload("#import-files",
		s.file("a.yaml", "customModes:\n- {slug: twin, name: First twin, roleDefinition: One., groups: [read]}\n"),
		s.file("b.yaml", "customModes:\n- {slug: twin, name: Second twin, roleDefinition: Two., groups: [read]}\n"))
	b.follow("form.import button.primary")
	b.texts(".plan-what > p:first-child .chip").are("new", "more than once in the upload")
	b.sound()
	b.click("#take-1")
	b.expect("status of 422")
	b.follow(`button[value=apply]`)
	b.text(".mistakes").has("Nothing was imported")
	b.click("#take-0")
	b.follow(`button[value=apply]`)
	b.text("h1").is("Imported 1 mode")
	s.readerHas("Second twin")
	b.quiet()
}

func TestExportPage(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().as(s.member)
	b.open("/orgs/acme/modes/export")
	b.text(".empty").has("No modes to export")
	b.sound()
	s.normal()
	b.open("/orgs/acme/modes/export")
	b.texts("a.name").are(
		"acme.modes.yaml", "acme.modes.json", "acme.marketplace.yaml", "acme.modes.zip",
		"acme.merged.modes.yaml", "acme.merged.modes.json", "acme.merged.marketplace.yaml", "acme.merged.modes.zip",
	)
	b.pictures("export")
	session := s.session(s.member)
	for _, path := range []string{"?format=yaml", "?format=json", "?format=marketplace", "?format=zip", "?format=yaml&view=merged"} {
		text, name := s.fetch(session, "/orgs/acme/modes/export"+path)
		require.Contains(t, name, "attachment")
		if path == "?format=zip" {
			continue
		}
		f, err := modes.ReadFile(t.Context(), []byte(text))
		require.NoError(t, err, path)
		require.GreaterOrEqual(t, len(f.Entries), 5, path)
	}
	s.readerHas("docs-writer")
}
