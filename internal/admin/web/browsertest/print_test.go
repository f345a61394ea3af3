package browsertest

import (
	"bytes"
	"context"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

// TestAuditLogCanBePrinted checks that the printed page has all content, and no controls.
func TestAuditLogCanBePrinted(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	prompt := longPrompt()
	s.createMode("long", "Long", func(m *modes.Mode) { m.Config.CustomInstructions = prompt })
	s.updateMode("long", func(m *modes.Mode) { m.Config.CustomInstructions = "Changed.\n" + prompt + "And at the end." })
	b := s.browser().signIn(s.owner)
	for _, path := range []string{"/audit", s.auditEntryPath("mode.update")[1:]} {
		b.do(emulation.SetEmulatedMedia().WithMedia(""))
		b.open("/orgs/acme" + path)
		onScreen := b.texts("main td:nth-child(2), main .facts dd").current()
		b.do(emulation.SetEmulatedMedia().WithMedia("print").WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}))
		for _, gone := range []string{".sidebar", ".filters", ".diff-bar", "main .btn", "main button", ".skip"} {
			b.waitFor(`[...document.querySelectorAll(`+quoteJS(gone)+`)].every((e) => e.getClientRects().length === 0)`, "%s is printed", gone)
		}
		b.evalList("this is cut on paper", `[...document.querySelectorAll("main, main *")].filter((e) => getComputedStyle(e).overflow !== "visible" && !e.closest(".visually-hidden, svg") && (e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)).map((e) => e.outerHTML.slice(0, 120))`).are()
		b.texts("main td:nth-child(2), main .facts dd").count(len(onScreen))
		b.waitFor(`getComputedStyle(document.querySelector(".ago .visually-hidden")).position === "static"`, "the exact time is on paper")
		b.waitFor(`getComputedStyle(document.documentElement).colorScheme === "light"`, "ink on paper in the dark scheme too")
		b.screenshot("paper" + map[bool]string{true: "-log", false: "-entry"}[path == "/audit"])
		var pdf []byte
		b.do(chromedp.ActionFunc(func(ctx context.Context) (err error) {
			pdf, _, err = page.PrintToPDF().WithPrintBackground(true).Do(ctx)
			return err
		}))
		require.True(t, bytes.HasPrefix(pdf, []byte("%PDF-")))
		pages := bytes.Count(pdf, []byte("/Type /Page\n"))
		if path == "/audit" {
			require.Equal(t, 1, pages)
			continue
		}
		// Text that is folded on the screen is printed: 60 KB take many pages.
		b.waitFor(`!document.querySelector(".fold[open]") && document.querySelector(".fold-text").getClientRects()[0].height > 5000`)
		require.Greater(t, pages, 10)
	}
	b.checkConsole()
	s.readerHas("And at the end.")
}

// TestReducedMotionIsRespected checks that pages don't move if the user prefers
// reduced motion. Otherwise they move a little.
func TestReducedMotionIsRespected(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createTypicalModes()
	b := s.browser().signIn(s.owner)
	motion := func(value string) {
		b.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: value}}))
	}
	const moving = `[...document.querySelectorAll("*")].some((e) => ["", "::before", "::after"].some((part) => {
		const style = getComputedStyle(e, part || null);
		return style.transitionDuration.split(", ").some((d) => d !== "0s") || style.animationName !== "none" || style.scrollBehavior === "smooth";
	})) || document.getAnimations().length > 0`
	for _, path := range []string{"/modes", "/modes/docs-writer/edit", "/modes/docs-writer/history", "/modes/import", "/audit", "/publication", "/tokens", "/connect"} {
		motion("reduce")
		b.open("/orgs/acme" + path)
		b.waitForNot(moving, "%s moves", path)
		motion("no-preference")
		b.waitFor(moving, "%s: there is something that could move", path)
	}
	b.checkConsole()
	s.readerHas("slug: docs-writer")
}
