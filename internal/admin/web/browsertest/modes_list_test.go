package browsertest

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

func TestModesAreReorderedByKeys(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	for _, slug := range []string{"anna", "bert", "carl"} {
		s.createMode(slug, "Mode "+slug)
	}
	s.createMode("code", "Code", func(m *modes.Mode) { m.Config.Description = "By our conventions" })
	s.readerServes("anna", "bert", "carl", "code")
	polling := s.pollingEditor(s.editorToken)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes")
	b.texts("[data-order] .name").are("Mode anna", "Mode bert", "Mode carl")
	b.checkA11yAndConsole()

	b.focus(`[data-order] > li:nth-child(3) summary`)
	b.pressAlt(keyUp)
	b.pressAlt(keyUp)
	b.texts("[data-order] .name").are("Mode carl", "Mode anna", "Mode bert")
	b.waitFor(`document.activeElement.closest("li").querySelector(".name").textContent === "Mode carl"`, "the focus goes along")
	b.waitForAnnouncement("The order is saved")
	s.readerServes("carl", "anna", "bert", "code")
	b.waitFor(`document.querySelector("#publication-line.publication-line")`)

	// Again, from the menu.
	b.click(`[data-order] > li:nth-child(1) summary`)
	b.click(`[data-order] > li:nth-child(1) [form=moving][name=down]`)
	b.waitFor(`document.querySelectorAll("[data-order] .name")[1].textContent === "Mode carl"`)
	s.readerServes("anna", "carl", "bert", "code")
	polling.waitForText("slug: carl")
	b.checkA11yAndConsole()
}

func TestModesAreReorderedByDragging(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	for _, slug := range []string{"anna", "bert", "carl"} {
		s.createMode(slug, "Mode "+slug)
	}
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes")
	b.js(`{
		const [anna, , carl] = document.querySelectorAll("[data-order] > li");
		const dataTransfer = new DataTransfer(), at = carl.getBoundingClientRect();
		const send = (row, type) => (type === "dragstart" ? row.querySelector(".grip") : row).dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer, clientY: at.bottom - 2 }));
		send(anna, "dragstart"); send(carl, "dragover"); send(carl, "drop"); send(anna, "dragend");
	}`)
	b.texts("[data-order] .name").are("Mode bert", "Mode carl", "Mode anna")
	s.readerServes("bert", "carl", "anna")

	// Nothing else of a row can be dragged, so its text can be selected.
	b.waitFor(`document.querySelectorAll("[data-order] [draggable]").length === 3`)
	b.js(`{
		const name = document.querySelector("[data-order] > li code");
		name.dispatchEvent(new DragEvent("dragstart", { bubbles: true, cancelable: true, dataTransfer: new DataTransfer() }));
	}`)
	b.waitFor(`!document.querySelector(".dragged")`)
	b.checkA11yAndConsole()
}

// A row stays where it is when it is selected, so that the next click hits the next row.
func TestSelectionDoesNotMoveRows(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("anna", "Anna")
	s.createMode("bert", "Bert")
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes")
	const top = `scrollY + document.querySelector('[data-order] > li:nth-child(2)').getBoundingClientRect().top`
	b.waitFor(`(window.topBefore = ` + top + `) > 0`)
	b.click(`[data-order] > li:first-child [name=mode]`)
	b.text("#selection").has("1 mode chosen")
	b.waitFor(top + ` === window.topBefore`)
	b.checkA11yAndConsole()
	b.screenshot("modes-selected")
}

// A search that fails is reported, and the list stays.
func TestFailedSearchIsReported(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("anna", "Anna")
	s.createMode("bert", "Bert")
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes")
	b.block("/orgs/acme/modes*")
	b.expectConsole("ERR_BLOCKED_BY_CLIENT", "htmx:sendError")
	b.fill("input[type=search]", "anna")
	b.text("#search-failed").has("Not searched: no connection")
	b.texts("[data-order] .name").are("Anna", "Bert")
	b.screenshot("search-failed")
	b.block()
	b.click("#search-failed button")
	b.texts("#list .name").are("Anna")
	b.waitFor(`!document.querySelector("#search-failed")`)
	b.checkA11yAndConsole()
}

// If two users reorder at once, the second gets an error, and nothing is lost.
func TestReorderOfOutdatedListIsRefused(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("anna", "Anna")
	s.createMode("bert", "Bert")
	b := s.browser().signIn(s.owner)
	b.expectConsole("status of 412")
	b.open("/orgs/acme/modes")
	b.setHidden(true) // a hidden page follows no events, so its list is outdated
	s.createMode("carl", "Carl")
	b.focus(`[data-order] > li:nth-child(2) summary`)
	b.pressAlt(keyUp)
	b.waitFor(`document.querySelector(".flash.bad")`)
	b.text(".flash.bad").has("The order was not saved: The modes have changed")
	b.checkA11yAndConsole()
	b.screenshot("reorder-refused")
	b.clickAndNavigate(".flash.bad button")
	b.texts("[data-order] .name").are("Anna", "Bert", "Carl")
	s.readerServes("anna", "bert", "carl")
}

func TestModesAreReorderedWithoutScripts(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("anna", "Anna")
	s.createMode("bert", "Bert")
	b := s.browser().signIn(s.admin).withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/modes"))
	b.click(`[data-order] > li:nth-child(2) summary`)
	b.click(`[data-order] > li:nth-child(2) [form=moving][name=up]`)
	s.readerServes("bert", "anna")
	b.text(".flash").has("The order is saved")
	b.checkConsole()
}

func TestDeletedModeIsRestoredByUndo(t *testing.T) {
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	s.createMode("reviewer", "Reviewer")
	s.readerServes("docs-writer", "reviewer")
	polling := s.pollingEditor(s.editorToken)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes")

	b.click(`[data-order] > li:nth-child(1) summary`)
	b.click(`[data-order] > li:nth-child(1) .menu-item.bad`)
	b.text("dialog[open] h2").is("Delete Docs writer?")
	b.text("dialog[open]").has("Editors lose it at their next poll. It can be restored from History.")
	b.checkA11yAndConsole()
	b.screenshot("delete-dialog")
	b.typeKeys(keyEsc)
	b.waitFor(`!document.querySelector("dialog[open]")`)

	b.click(`[data-order] > li:nth-child(1) summary`)
	b.click(`[data-order] > li:nth-child(1) .menu-item.bad`)
	b.clickAndNavigate("dialog[open] [data-confirm]")
	b.text(".flash").has("Docs writer is deleted. Editors lose it at their next poll.")
	s.readerServes("reviewer")
	polling.waitForReplacement("slug: docs-writer", "slug: reviewer")
	b.checkA11yAndConsole()
	b.screenshot("deleted-undo")

	b.clickAndNavigate("[data-undo]")
	b.text(".flash").has("Docs writer is restored.")
	polling.waitForText("slug: docs-writer")
	s.readerHas("slug: docs-writer")
	b.open("/orgs/acme/modes")
	b.waitForNot(`document.querySelector(".flash")`, "it is shown once")

	// Two modes at once.
	b.click(`[data-order] > li:nth-child(1) input`)
	b.click(`[data-order] > li:nth-child(2) input`)
	b.text("[data-count]").is("2 modes chosen")
	b.checkA11yAndConsole()
	b.click("[data-selection] [data-confirm-dialog]")
	b.text("dialog[open] h2").is("Delete 2 modes?")
	b.clickAndNavigate("dialog[open] [data-confirm]")
	s.readerServes()
	b.clickAndNavigate("[data-undo]")
	s.readerHas("slug: docs-writer")
	s.readerHas("slug: reviewer")
	b.checkConsole()
}

func TestMemberSeesWhyActionsAreDisabled(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	m := s.createMode("docs-writer", "Docs writer")
	polling := s.pollingEditor(s.editorToken)
	b := s.browser().signIn(s.member)
	b.open("/orgs/acme/modes")
	b.text(".explanation").has("Only owners and admins can change the library; ask one of them")
	b.click(`.row.own summary`)
	b.waitFor(`document.querySelector(".row.own .menu-item[aria-disabled]").dataset.disabledReason.includes("Only owners and admins")`)
	b.waitForNot(`document.querySelector("[data-order]")`)
	b.checkA11yAndConsole()
	b.screenshot("member")

	// The server also refuses actions that the page doesn't offer.
	b.expectConsole("status of 403")
	b.open("/orgs/acme/modes/deletions?mode=docs-writer")
	b.text("h1").is("Not allowed")
	b.checkA11yAndConsole()
	b.open("/orgs/acme/modes")
	b.js(`fetch("/orgs/acme/modes/deletions", {
		method: "POST", body: new URLSearchParams({mode: "` + m.ID.String() + `:1"}), headers: {"X-CSRF-Token": document.querySelector("meta[name=csrf]").content},
	}).then((answer) => { window.status = answer.status })`)
	b.waitFor(`window.status == 403`)
	s.readerServes("docs-writer")
	polling.checkNotModified()
}

// Rows are cached, but what they show is current and depends on the user.
func TestCachedRowsAreCurrentAndPerUser(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("anna", "Anna")
	bert := s.createMode("bert", "Bert")
	b := s.browser().signIn(s.owner)
	inOrder := func(first, second string) {
		t.Helper()
		b.open("/orgs/acme/modes")
		b.texts("[data-order] > li .name").are(first, second)
		b.waitFor(`[...document.querySelectorAll("[name=up], [name=down]")].map((b) => b.ariaDisabled ?? "").join() === "true,,,true"`, "the first can't go up, nor the last down")
	}
	inOrder("Anna", "Bert")
	_, err := s.db.OrderModes(t.Context(), byUser(s.owner), s.acme.ID, []uuid.UUID{bert.ID, s.getMode("anna").ID}, 0)
	require.NoError(t, err)
	inOrder("Bert", "Anna")
	_, err = s.db.Modes.Update(t.Context(), byUser(s.admin), s.acme.ID, "bert", 0, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		m.Name, m.Config.Description, m.Config.Groups = "Berta", "Another line", []modes.Group{{Name: "command"}}
		return m, nil
	})
	require.NoError(t, err)
	b.open("/orgs/acme/modes")
	b.texts("[data-order] > li .name").are("Berta", "Anna")
	for _, text := range []string{"Another line", "command", "admin@acme.example"} {
		b.waitFor(`document.querySelector("[data-order] > li:first-child").textContent.includes("`+text+`")`, text)
	}

	b.open("/orgs/acme/modes?sort=name")
	b.waitForNot(`document.querySelector("[name=up]")`, "what is sorted can't be moved")

	m := s.browser().signIn(s.member)
	m.open("/orgs/acme/modes")
	m.waitForNot(`document.querySelector(".row.own a.menu-item.bad, [name=up]")`, "a member gets the rows of a member")
	m.waitFor(`document.querySelector(".row.own .menu-item[aria-disabled]").dataset.disabledReason.includes("Only owners and admins")`)
}

func (s *site) getMode(ref string) modes.OrganizationMode {
	s.t.Helper()
	m, err := s.db.Modes.Get(s.t.Context(), s.acme.ID, ref)
	require.NoError(s.t, err)
	return m
}
