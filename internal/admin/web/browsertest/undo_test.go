package browsertest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

// Undo reverts the change that the toast reports, and nothing that another user did since.
func TestUndoPreservesLaterChanges(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	m := s.createMode("docs-writer", "Docs writer")
	b := s.browser().signIn(s.admin)
	save := func(description string) {
		b.open("/orgs/acme/modes/docs-writer/edit")
		b.fill("#field-description", description)
		b.waitForCheck("1 change")
		b.clickAndNavigate("#save")
	}
	undo := func() textValue {
		b.clickAndNavigate("[data-undo]")
		return b.text(".flash")
	}

	save("Nobody else does anything")
	undo().has("Docs writer is restored.")
	s.readerHas("What Docs writer is for")

	save("Ada’s") // version 4
	s.updateMode("docs-writer", func(m *modes.Mode) { m.Config.WhenToUse = "Olive’s" })
	undo().matches(`^Not undone, so that nothing is lost: owner@acme\.example saved version 5 of Docs writer since\.( Close)?$`)
	b.path().is("/orgs/acme/modes/"+m.ID.String()+"/history", "where both can be looked at")
	b.checkA11yAndConsole()
	b.screenshot("not-undone")
	s.readerHas("Olive’s")
	s.readerHas("Ada’s")

	// Undo of a restoration.
	b.click(".version-row:nth-child(3) [data-confirm-dialog]")
	b.clickAndNavigate("dialog[open] [data-confirm]")
	s.updateMode("docs-writer", func(m *modes.Mode) { m.Config.WhenToUse = "Olive’s again" })
	undo().has("owner@acme.example saved version 7 of Docs writer since")
	s.readerHas("Olive’s again")

	// Undo of a deletion: the mode has been restored and changed since, or deleted again.
	remove := func() {
		b.open("/orgs/acme/modes/deletions?mode=docs-writer")
		b.clickAndNavigate("[data-confirm]")
		b.text(".flash").has("is deleted")
	}
	remove() // version 8
	_, err := s.db.Modes.Restore(t.Context(), byUser(s.owner), s.acme.ID, m.ID, 7, 0)
	require.NoError(t, err)
	s.updateMode("docs-writer", func(m *modes.Mode) { m.Config.WhenToUse = "Olive’s, back" })
	undo().has("owner@acme.example saved version 10 of Docs writer since")
	s.readerHas("Olive’s, back")
	remove() // version 11
	_, err = s.db.Modes.Restore(t.Context(), byUser(s.owner), s.acme.ID, m.ID, 11, 0)
	require.NoError(t, err)
	s.deleteMode("docs-writer")
	undo().has("owner@acme.example deleted Docs writer since")
	s.readerServes()

	// Another mode has taken its slug.
	s.createMode("docs-writer", "Theirs")
	remove()
	s.createMode("docs-writer", "Another")
	undo().has("already exists in this organization")
	s.readerHas("name: Another")
	s.readerServes("docs-writer")
	b.checkConsole()
}
