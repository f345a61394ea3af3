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

const importYAML = `customModes:
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

// writeFile writes a file to upload, and returns its path.
func (s *site) writeFile(name, text string) string {
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

func TestImportFileWithInvalidModes(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	polling := s.pollingEditor(s.editorToken)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/import")
	b.checkAndScreenshot("import")
	b.upload("#import-files", s.writeFile(".roomodes", importYAML))
	b.waitForText("[data-file-summary]", ".roomodes, 1 KB")
	b.clickAndNavigate("form.import button.primary")
	b.text("h1").is("What would change")
	b.texts(".plan-details > p:first-child .chip").are("changes yours", "can’t be used", "new", "can’t be used")
	b.checkAndScreenshot("import-plan")
	// Each mistake is shown at its place in the source.
	b.text("#mode-1 .excerpt .highlighted").has("6 - slug: bad one")
	b.text("#mode-3 .excerpt .highlighted").has("groups: [read, everything]")
	b.waitFor(`document.querySelectorAll("[name=take]").length === 2 && document.querySelectorAll("[name=take]:checked").length === 2`)
	b.text("#mode-0 .changes").has("You write the handbook.")

	// Another user changes the library: the page shows a new plan and preserves the
	// choices.
	b.click("#take-2")
	b.js(`document.querySelector("[name=way-0]").value = "keep_both"`)
	s.createMode("other", "Another")
	b.expectConsole("status of 412")
	b.clickAndNavigate(`button[value=apply]`)
	b.text(".error-summary").has("The library has changed since you opened this page")
	b.waitFor(`document.querySelector("#take-0").checked && !document.querySelector("#take-2").checked && document.querySelector("[name=way-0]").value === "keep_both"`)
	b.text("#mode-0").has("It becomes Handbook writer docs-writer-2")
	b.checkAndScreenshot("import-stale")
	s.readerServes("docs-writer", "other")

	b.click("#take-2")
	b.clickAndNavigate(`button[value=apply]`)
	b.text("h1").is("Imported 2 modes")
	s.readerServes("docs-writer", "other", "docs-writer-2", "release-notes")
	polling.waitForText("slug: release-notes")
	require.NotContains(t, polling.body, "bad one")
	b.checkAndScreenshot("import-done")
	b.text("main .rows").has("Release notes release-notes")
	b.clickAndNavigate(`a[href*="mode.import"]`)
	b.texts("tbody tr").count(2)
	b.checkConsole()
}

func TestImportIsFixedOnPageWithoutScripts(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner).withoutScripts()
	b.expectConsole("status of 422")
	b.do(navigate(s.url + "/orgs/acme/modes/import"))
	b.click("form.import button.primary")
	b.waitForText(".error-summary", "Choose a file, a folder or a zip file")

	b.expectConsole("status of 413")
	b.upload("#import-files", s.writeFile("large.yaml", strings.Repeat("# much too large\n", 11<<20/17)))
	b.click("form.import button.primary")
	b.waitForText("main", "at most")
	b.screenshot("import-too-large")
	b.do(navigate(s.url + "/orgs/acme/modes/import"))

	// A syntax error is reported with its place, and can be fixed on the page.
	b.upload("#import-files", s.writeFile("modes.yaml", "customModes:\n  - slug: a\n   name: [\n"))
	b.click("form.import button.primary")
	b.waitForText(".error-summary .excerpt", "slug: a")
	b.waitFor(`document.querySelector("#import-paste").value.includes("slug: a")`)
	b.fill("#import-paste", importYAML)
	b.click("form.import button.primary")
	b.waitForText(".plan-summary", "2 can’t be used")

	// The same after the session has ended: the upload is still there.
	b.click("#take-0")
	b.expireSessions()
	b.expectConsole("status of 401")
	b.click(`button[value=apply]`)
	b.waitForText("main", "You were signed out")
	b.fill("#field-email", "owner@acme.example")
	b.fill("#field-password", testPassword)
	b.click("button.primary")
	b.waitForText("h1", "Send it again?")
	b.click("button.primary")
	b.waitForText("h1", "Imported 1 mode")
	s.readerServes("release-notes")

	b.do(navigate(s.url + "/orgs/acme/modes/import"))
	b.upload("#import-files", s.writeFile("modes.yaml", importYAML))
	b.click("form.import button.primary")
	b.waitForText(".plan-summary", "1 the same")
	b.click(".fix > summary")
	b.fill("#fix-text", strings.NewReplacer("bad one", "good-one", ", everything", "").Replace(importYAML))
	b.click(".fix button")
	b.waitForText(".plan-summary", "3 new")
	b.click(`button[value=apply]`)
	b.waitForText("h1", "Imported 3 modes")
	s.readerServes("release-notes", "docs-writer", "good-one", "unknown-group")
	b.checkConsole()
}

func TestImportZipAndMultipleFiles(t *testing.T) {
	s := newSite(t)
	b := s.browser().signIn(s.admin)
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
	b.upload("#import-files", s.writeFile("modes.zip", archive.String()))
	b.clickAndNavigate("form.import button.primary")
	b.text("main").has("team/c.json can’t be read")
	b.text(".skipped-files").has("1 file skipped")
	b.text("#mode-1 .excerpt").has("team/b.yaml")
	b.text("#mode-1 .excerpt .highlighted").has("groups: [all]")
	b.checkAndScreenshot("import-plan-zip")
	b.clickAndNavigate(`button[value=apply]`)
	s.readerServes("one")

	// Two files with the same slug: only one of the modes can be imported, and the user
	// chooses which.
	b.open("/orgs/acme/modes/import")
	b.upload("#import-files",
		s.writeFile("a.yaml", "customModes:\n- {slug: twin, name: First twin, roleDefinition: One., groups: [read]}\n"),
		s.writeFile("b.yaml", "customModes:\n- {slug: twin, name: Second twin, roleDefinition: Two., groups: [read]}\n"))
	b.clickAndNavigate("form.import button.primary")
	b.texts(".plan-details > p:first-child .chip").are("new", "more than once in the upload")
	b.checkA11yAndConsole()
	b.click("#take-1")
	b.expectConsole("status of 422")
	b.clickAndNavigate(`button[value=apply]`)
	b.text(".error-summary").has("Nothing was imported")
	b.click("#take-0")
	b.clickAndNavigate(`button[value=apply]`)
	b.text("h1").is("Imported 1 mode")
	s.readerHas("Second twin")
	b.checkConsole()
}

// A mode that replaces a built-in one is not called new, and is compared with it.
func TestImportNamesReplacedBuiltins(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/import")
	b.upload("#import-files", s.writeFile("a.yaml", "customModes:\n- {slug: Code, name: Code, roleDefinition: Ours., groups: [read]}\n- {slug: docs, name: Docs, roleDefinition: Docs., groups: [read]}\n"))
	b.clickAndNavigate("form.import button.primary")
	b.texts(".plan-details > p:first-child .chip").are("replaces built-in", "new")
	b.text(".plan-summary").has("1 new")
	b.text(".plan-summary").has("1 replaces a built-in mode")
	b.text("#mode-0 .plan-changes summary").has("What differs from the built-in mode")
	b.text("#mode-0 .plan-changes").has("Ours.")
	b.checkA11yAndConsole()
	b.screenshot("import-plan-overrides")
}

func TestExportPage(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.member)
	b.open("/orgs/acme/modes/export")
	b.text(".empty").has("No modes to export")
	b.checkA11yAndConsole()
	s.createTypicalModes()
	b.open("/orgs/acme/modes/export")
	b.texts("a.name").are(
		"acme.modes.yaml", "acme.modes.json", "acme.marketplace.yaml", "acme.modes.zip",
		"acme.merged.modes.yaml", "acme.merged.modes.json", "acme.merged.marketplace.yaml", "acme.merged.modes.zip",
	)
	b.checkAndScreenshot("export")
	session := s.createSession(s.member)
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
