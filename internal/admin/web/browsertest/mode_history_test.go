package browsertest

import (
	"testing"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

func TestVersionIsRestoredFromHistory(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	m := s.mode("docs-writer", "Docs writer", func(m *modes.Mode) { m.Config.CustomInstructions = "One.\nTwo." })
	s.change("docs-writer", func(m *modes.Mode) {
		m.Config.CustomInstructions = "One.\nTwo and more."
		m.Config.Groups = append(m.Config.Groups, modes.Group{Name: "edit", Restriction: &modes.Restriction{FileRegex: `\.md$`}})
	})
	s.change("docs-writer", func(m *modes.Mode) { m.Name = "Handbook writer" })
	polling := s.polling(s.editor)
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes/docs-writer/history")
	b.texts(".past-row p:first-child").are(
		"owner@acme.example changed the name from Docs writer to Handbook writer",
		`owner@acme.example changed the custom instructions; allowed edit; restricted edit to \.md$`,
		"owner@acme.example created Docs writer",
	)
	b.sound()
	b.shot("mode-history")

	b.js(`document.querySelector(".compare [name=from]").value = "1"; document.querySelector(".compare [name=to]").value = "2"`)
	b.follow(".compare button")
	b.text("#compared-title").is("From version 1 to version 2")
	b.text(".compared .diff-lines").has("added: Two and more.")
	b.sound()
	b.shot("mode-compared")

	b.click(".past-row:nth-child(3) [data-ask]")
	b.text("dialog[open] h2").is("Restore version 1 of Docs writer?")
	b.text("dialog[open]").has("It becomes version 4; version 3 stays in the history.")
	b.sound()
	b.shot("mode-restore")
	b.follow("dialog[open] [data-confirm]")
	b.text(".said").has("Docs writer is restored to version 1, as version 4.")
	s.readerHas("Two.")
	s.readerHas("name: Docs writer")
	polling.loses("name: Handbook writer", "name: Docs writer")
	b.sound()

	// Deleted and restored.
	s.deleteMode("docs-writer")
	s.readerServes()
	b.open("/orgs/acme/modes/deleted")
	b.text(".gone-row").matches(`^D Docs writer docs-writer deleted (just now|\d+ minutes? ago)`)
	b.sound()
	b.shot("modes-deleted")
	b.open("/orgs/acme/modes/" + m.ID.String() + "/history")
	b.text(".note-line").has("is deleted: editors don’t have it")
	b.sound()
	b.open("/orgs/acme/modes/deleted")
	b.click("[data-ask]")
	b.text("dialog[open]").has("is restored, as version 6")
	b.follow("dialog[open] [data-confirm]")
	s.readerServes("docs-writer")
	b.open("/orgs/acme/modes/deleted")
	b.text(".empty").has("Nothing is deleted")
	b.sound()
}

func TestDeletedModeIsNotRestoredOverAnother(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.deleteModeThatWas("docs-writer", "Docs writer")
	s.mode("docs-writer", "Another one")
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes/deleted")
	b.click("[data-ask]")
	b.expect("status of 422")
	b.follow("dialog[open] [data-confirm]")
	b.text(".mistakes").has("already exists in this organization")
	b.sound()
	s.readerServes("docs-writer")
	s.readerHas("Another one")
}

func TestHistoryWithoutScripts(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	s.change("docs-writer", func(m *modes.Mode) { m.Name = "Other" })
	b := s.browser().as(s.owner).withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/modes/docs-writer/history?from=1&to=2"))
	b.seen(".compared", "changed the name from Docs writer to Other")
	b.click(".past-row:nth-child(2) [data-ask]")
	b.seen("h1", "Restore version 1 of Docs writer?")
	b.click("[data-confirm]")
	b.seen(".said", "as version 3")
	s.readerHas("name: Docs writer")
	b.quiet()
}
