package browsertest

import (
	"testing"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

func TestVersionIsRestoredFromHistory(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	m := s.createMode("docs-writer", "Docs writer", func(m *modes.Mode) { m.Config.CustomInstructions = "One.\nTwo." })
	s.updateMode("docs-writer", func(m *modes.Mode) {
		m.Config.CustomInstructions = "One.\nTwo and more."
		m.Config.Groups = append(m.Config.Groups, modes.Group{Name: "edit", Restriction: &modes.Restriction{FileRegex: `\.md$`}})
	})
	s.updateMode("docs-writer", func(m *modes.Mode) { m.Name = "Handbook writer" })
	polling := s.pollingEditor(s.editorToken)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/docs-writer/history")
	b.texts(".version-row p:first-child").are(
		"owner@acme.example changed the name from Docs writer to Handbook writer",
		`owner@acme.example changed the custom instructions; allowed edit; restricted edit to \.md$`,
		"owner@acme.example created Docs writer",
	)
	b.checkA11yAndConsole()
	b.screenshot("mode-history")

	b.js(`document.querySelector(".compare [name=from]").value = "1"; document.querySelector(".compare [name=to]").value = "2"`)
	b.clickAndNavigate(".compare button")
	b.text("#compared-title").is("From version 1 to version 2")
	b.text(".compared .diff-lines").has("added: Two and more.")
	b.checkA11yAndConsole()
	b.screenshot("mode-compared")

	b.click(".version-row:nth-child(3) [data-confirm-dialog]")
	b.text("dialog[open] h2").is("Restore version 1 of Docs writer?")
	b.text("dialog[open]").has("It becomes version 4; version 3 stays in the history.")
	b.checkA11yAndConsole()
	b.screenshot("mode-restore")
	b.clickAndNavigate("dialog[open] [data-confirm]")
	b.text(".flash").has("Docs writer is restored to version 1, as version 4.")
	s.readerHas("Two.")
	s.readerHas("name: Docs writer")
	polling.waitForReplacement("name: Handbook writer", "name: Docs writer")
	b.checkA11yAndConsole()

	// Deleted and restored.
	s.deleteMode("docs-writer")
	s.readerServes()
	b.open("/orgs/acme/modes/deleted")
	b.text(".deleted-row").matches(`^D Docs writer docs-writer deleted (just now|\d+ minutes? ago)`)
	b.checkA11yAndConsole()
	b.screenshot("modes-deleted")
	b.open("/orgs/acme/modes/" + m.ID.String() + "/history")
	b.text(".note-line").has("is deleted: editors don’t have it")
	b.checkA11yAndConsole()
	b.open("/orgs/acme/modes/deleted")
	b.click("[data-confirm-dialog]")
	b.text("dialog[open]").has("is restored, as version 6")
	b.clickAndNavigate("dialog[open] [data-confirm]")
	s.readerServes("docs-writer")
	b.open("/orgs/acme/modes/deleted")
	b.text(".empty").has("Nothing is deleted")
	b.checkA11yAndConsole()
}

func TestDeletedModeIsNotRestoredOverSameSlug(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createAndDeleteMode("docs-writer", "Docs writer")
	s.createMode("docs-writer", "Another one")
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/deleted")
	b.click("[data-confirm-dialog]")
	b.expectConsole("status of 422")
	b.clickAndNavigate("dialog[open] [data-confirm]")
	b.text(".error-summary").has("already exists in this organization")
	b.checkA11yAndConsole()
	s.readerServes("docs-writer")
	s.readerHas("Another one")
}

func TestHistoryWithoutScripts(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	s.updateMode("docs-writer", func(m *modes.Mode) { m.Name = "Other" })
	b := s.browser().signIn(s.owner).withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/modes/docs-writer/history?from=1&to=2"))
	b.waitForText(".compared", "changed the name from Docs writer to Other")
	b.click(".version-row:nth-child(2) [data-confirm-dialog]")
	b.waitForText("h1", "Restore version 1 of Docs writer?")
	b.click("[data-confirm]")
	b.waitForText(".flash", "as version 3")
	s.readerHas("name: Docs writer")
	b.checkConsole()
}
