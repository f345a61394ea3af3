package browsertest

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/prove"
)

func TestSelectAllModes(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	for _, slug := range []string{"anna", "bert", "carl", "dora"} {
		s.createMode(slug, "Mode "+slug)
	}
	s.createMode("code", "Code")
	s.readerServes("anna", "bert", "carl", "dora", "code")
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes")
	b.waitForNot(`document.querySelector('a[href$="/modes/deleted"]')`, "nothing is deleted")
	b.text("[data-nav-count]").is("9", "modes that editors get")
	s.createMode("eva", "Mode eva")
	b.waitFor(`document.querySelector("[data-nav-count]").textContent === "10"`)
	b.waitFor(`document.querySelector(".select-all")?.innerText.includes("6 modes")`)

	// By keyboard.
	b.text(".select-all").is("Choose all 6 modes of Acme Robotics")
	b.tabTo("[data-select-all]")
	b.typeKeys(" ")
	b.text("[data-count]").is("6 modes chosen")
	b.selectAllState().is("all")
	b.checkA11yAndConsole()
	b.screenshot("choose-all")
	b.click(`[data-order] > li:nth-child(2) input`)
	b.text("[data-count]").is("5 modes chosen")
	b.selectAllState().is("some")
	b.checkA11yAndConsole()
	b.screenshot("choose-some")
	b.click("[data-select-all]")
	b.selectAllState().is("all")
	b.click("[data-select-all]")
	b.selectAllState().is("none")
	b.waitForNot(`document.querySelector("[data-selection].has-selection")`)

	// Shift selects the range in between, in either direction, and deselects it.
	b.click(`[data-order] > li:nth-child(3) input`)
	b.shiftClick(`[data-order] > li:nth-child(1) input`)
	b.text("[data-count]").is("3 modes chosen")
	b.shiftClick(`[data-order] > li:nth-child(2) input`)
	b.text("[data-count]").is("1 mode chosen")
	b.click(`[data-order] > li:nth-child(3) input`)

	// Only the modes that match the search.
	b.fill("input[type=search]", "mode a")
	b.waitFor(`document.querySelectorAll(".row").length === 1`)
	b.waitForNot(`document.querySelector("[data-select-all]")`, "one needs no box for all")
	b.fill("input[type=search]", "mode ")
	b.waitFor(`document.querySelectorAll("[data-order] > li, .row.own").length === 5`)
	b.text(".select-all").is("Choose all 5 modes of Acme Robotics shown here")
	b.selectAllState().is("none")
	b.click("[data-select-all]")
	b.text("[data-count]").is("5 modes chosen")
	b.click("[data-selection] [data-confirm-dialog]")
	b.text("dialog[open] h2").is("Delete 5 modes?")
	b.clickAndNavigate("dialog[open] [data-confirm]")
	s.readerServes("code")
	b.open("/orgs/acme/modes")
	b.clickAndNavigate(`a[href$="/modes/deleted"]`)
	b.texts(".deleted-row").count(5)
	b.checkA11yAndConsole()
}

// selectAllState is the state of the checkbox for all: "all", "some" or "none".
func (b *browser) selectAllState() textValue {
	return b.evalText("the box for all", `((box) => !box ? null : box.indeterminate ? "some" : box.checked ? "all" : "none")(document.querySelector("[data-select-all]"))`)
}

// shiftClick clicks while Shift is pressed.
func (b *browser) shiftClick(selector string) {
	b.s.t.Helper()
	var at []float64
	b.do(evaluate(fmt.Sprintf(`(() => { const e = document.querySelector(%s); e.scrollIntoView({block: "center"}); const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`, quoteJS(selector)), &at))
	b.do(chromedp.MouseClickXY(at[0], at[1], chromedp.ButtonModifiers(8)))
}

func TestBuiltinModesHaveGlyphs(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("code", "Code")
	s.createMode("ask", "🦉 Ask")
	s.readerServes("code", "ask")
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes")
	b.texts(".row .glyph").are("💻", "🏗️", "🦉", "🪲", "🪃")
	for _, glyph := range []string{"💻", "🏗️", "🪲", "🪃"} {
		merged, err := s.getRepresentation("modes.yaml")
		require.NoError(t, err)
		require.NotContains(t, merged, glyph, "glyphs are not published")
	}
}

// The dialog lists exactly the keys that work on the page.
func TestKeyListMatchesPage(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	b := s.browser().signIn(s.owner)
	listed := b.texts("#keys[open] dl > div:not([hidden]) dd")
	b.open("/orgs/acme/modes")
	b.typeKeys("?")
	listed.are("Jump to a page, a mode or an action", "Close the open menu or dialog", "This list", "Search", "New mode", "Move through the list", "Move the focused mode")
	b.checkAndScreenshot("keys")
	b.typeKeys(keyEsc)
	b.open("/orgs/acme/tokens")
	b.typeKeys("?")
	listed.are("Jump to a page, a mode or an action", "Close the open menu or dialog", "This list")
	b.waitForNot(`document.querySelector("#keys-page").offsetParent`, "no heading over nothing")
	b.checkA11yAndConsole()
	b.typeKeys(keyEsc)
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.click("[data-open=keys]")
	listed.are("Jump to a page, a mode or an action", "Close the open menu or dialog", "This list", "Save the mode")
	// Once switched off, single keys are neither listed nor active.
	b.click("#single-keys")
	listed.are("Jump to a page, a mode or an action", "Close the open menu or dialog", "Save the mode")
	b.typeKeys(keyEsc)
	b.open("/orgs/acme/modes")
	b.typeKeys("?n/")
	b.waitFor(`!document.querySelector("dialog[open]") && location.pathname === "/orgs/acme/modes" && document.activeElement === document.body`)
	b.openPalette() // Ctrl-K is no single key

	member := s.browser().signIn(s.member)
	member.open("/orgs/acme/modes")
	member.typeKeys("?")
	member.texts("#keys dl > div:not([hidden]) dd").lacks("New mode", "which a member can't make")
	s.readerServes("docs-writer")
}
