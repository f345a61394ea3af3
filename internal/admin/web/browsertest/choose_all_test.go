package browsertest

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/prove"
)

func TestAllModesAreChosenAtOnce(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	for _, slug := range []string{"anna", "bert", "carl", "dora"} {
		s.mode(slug, "Mode "+slug)
	}
	s.mode("code", "Code")
	s.readerServes("anna", "bert", "carl", "dora", "code")
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes")
	b.untilNot(`document.querySelector('a[href$="/modes/deleted"]')`, "nothing is deleted")
	b.text("[data-counted]").is("9", "modes that editors get")
	s.mode("eva", "Mode eva")
	b.until(`document.querySelector("[data-counted]").textContent === "10"`)
	b.until(`document.querySelector(".choose-all")?.innerText.includes("6 modes")`)

	// By keyboard.
	b.text(".choose-all").is("Choose all 6 modes of Acme Robotics")
	b.tabTo("[data-choose-all]")
	b.keyboard(" ")
	b.text("[data-count]").is("6 modes chosen")
	b.choice().is("all")
	b.sound()
	b.shot("choose-all")
	b.click(`[data-order] > li:nth-child(2) input`)
	b.text("[data-count]").is("5 modes chosen")
	b.choice().is("some")
	b.sound()
	b.shot("choose-some")
	b.click("[data-choose-all]")
	b.choice().is("all")
	b.click("[data-choose-all]")
	b.choice().is("none")
	b.untilNot(`document.querySelector("[data-chosen].some")`)

	// Shift selects the range in between, in either direction, and deselects it.
	b.click(`[data-order] > li:nth-child(3) input`)
	b.shiftClick(`[data-order] > li:nth-child(1) input`)
	b.text("[data-count]").is("3 modes chosen")
	b.shiftClick(`[data-order] > li:nth-child(2) input`)
	b.text("[data-count]").is("1 mode chosen")
	b.click(`[data-order] > li:nth-child(3) input`)

	// Only the modes that match the search.
	b.fill("input[type=search]", "mode a")
	b.until(`document.querySelectorAll(".row").length === 1`)
	b.untilNot(`document.querySelector("[data-choose-all]")`, "one needs no box for all")
	b.fill("input[type=search]", "mode ")
	b.until(`document.querySelectorAll("[data-order] > li, .row.own").length === 5`)
	b.text(".choose-all").is("Choose all 5 modes of Acme Robotics shown here")
	b.choice().is("none")
	b.click("[data-choose-all]")
	b.text("[data-count]").is("5 modes chosen")
	b.click("[data-chosen] [data-ask]")
	b.text("dialog[open] h2").is("Delete 5 modes?")
	b.follow("dialog[open] [data-confirm]")
	s.readerServes("code")
	b.open("/orgs/acme/modes")
	b.follow(`a[href$="/modes/deleted"]`)
	b.texts(".gone-row").count(5)
	b.sound()
}

// choice is the state of the checkbox for all: "all", "some" or "none".
func (b *browser) choice() words {
	return b.expression("the box for all", `((box) => !box ? null : box.indeterminate ? "some" : box.checked ? "all" : "none")(document.querySelector("[data-choose-all]"))`)
}

// shiftClick clicks while Shift is pressed.
func (b *browser) shiftClick(selector string) {
	b.s.t.Helper()
	var at []float64
	b.do(evaluate(fmt.Sprintf(`(() => { const e = document.querySelector(%s); e.scrollIntoView({block: "center"}); const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`, quoted(selector)), &at))
	b.do(chromedp.MouseClickXY(at[0], at[1], chromedp.ButtonModifiers(8)))
}

func TestBuiltInModesHaveTheirGlyphs(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("code", "Code")
	s.mode("ask", "🦉 Ask")
	s.readerServes("code", "ask")
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes")
	b.texts(".row .glyph").are("💻", "🏗️", "🦉", "🪲", "🪃")
	for _, glyph := range []string{"💻", "🏗️", "🪲", "🪃"} {
		merged, err := s.get("modes.yaml")
		require.NoError(t, err)
		require.NotContains(t, merged, glyph, "glyphs are not published")
	}
}

// The dialog lists exactly the keys that work on the page.
func TestKeysAreListedWhereTheyWork(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	b := s.browser().as(s.owner)
	listed := b.texts("#keys[open] dl > div:not([hidden]) dd")
	b.open("/orgs/acme/modes")
	b.keyboard("?")
	listed.are("Jump to a page, a mode or an action", "Close the open menu or dialog", "This list", "Search", "New mode", "Move through the list", "Move the focused mode")
	b.pictures("keys")
	b.keyboard(keyEsc)
	b.open("/orgs/acme/tokens")
	b.keyboard("?")
	listed.are("Jump to a page, a mode or an action", "Close the open menu or dialog", "This list")
	b.untilNot(`document.querySelector("#keys-page").offsetParent`, "no heading over nothing")
	b.sound()
	b.keyboard(keyEsc)
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.click("[data-open=keys]")
	listed.are("Jump to a page, a mode or an action", "Close the open menu or dialog", "This list", "Save the mode")
	// Once switched off, single keys are neither listed nor active.
	b.click("#single-keys")
	listed.are("Jump to a page, a mode or an action", "Close the open menu or dialog", "Save the mode")
	b.keyboard(keyEsc)
	b.open("/orgs/acme/modes")
	b.keyboard("?n/")
	b.until(`!document.querySelector("dialog[open]") && location.pathname === "/orgs/acme/modes" && document.activeElement === document.body`)
	b.palette() // Ctrl-K is no single key

	member := s.browser().as(s.member)
	member.open("/orgs/acme/modes")
	member.keyboard("?")
	member.texts("#keys dl > div:not([hidden]) dd").lacks("New mode", "which a member can't make")
	s.readerServes("docs-writer")
}
