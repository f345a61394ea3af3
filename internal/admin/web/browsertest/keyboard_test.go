package browsertest

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

// enter tabs to an element, presses Enter, and waits for the page that it leads to.
func (b *browser) enter(selector string) {
	b.s.t.Helper()
	b.tabTo(selector)
	b.leaving(func() { b.keyboard(keyEnter) })
}

// ask tabs to an element that opens a confirmation dialog, and confirms.
func (b *browser) ask(selector string) {
	b.s.t.Helper()
	b.tabTo(selector)
	b.keyboard(keyEnter)
	b.until(`document.querySelector("dialog[open]")?.contains(document.activeElement)`)
	b.enter("dialog[open] [data-confirm]")
}

// TestEnterThatIsHeldDoesNotAnswerTheQuestion holds Enter on a link that opens a dialog.
// The key repeats while the dialog's button already has the focus.
func TestEnterThatIsHeldDoesNotAnswerTheQuestion(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	s.deleteMode("docs-writer")
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes/deleted")
	b.tabTo(`a[data-ask][href*="restorations"]`)
	answered := `document.querySelector(".said")`
	b.returnKey(input.KeyDown, false)
	b.until(`document.querySelector("dialog[open]")?.contains(document.activeElement)`)
	for range 5 {
		b.returnKey(input.KeyDown, true)
	}
	b.returnKey(input.KeyUp, false)
	require.True(t, b.holds(`document.querySelector("dialog[open]") && !`+answered), "the question is still asked")
	b.leaving(func() { b.keyboard(keyEnter) })
	b.until(answered)
}

// returnKey presses, holds or releases Enter. Unlike keyboard it sends the key and its
// character as one event. A script that handles the key thus gets no line break.
func (b *browser) returnKey(do input.KeyType, repeats bool) {
	b.s.t.Helper()
	text := ""
	if do == input.KeyDown {
		text = "\r"
	}
	b.do(input.DispatchKeyEvent(do).WithKey("Enter").WithCode("Enter").WithWindowsVirtualKeyCode(13).WithText(text).WithAutoRepeat(repeats))
}

// paste inserts text at the focus, as Ctrl-V does.
func (b *browser) paste(text string) {
	b.s.t.Helper()
	b.do(input.InsertText(text))
}

// TestAllIsDoneByKeyboard goes through the main tasks without a mouse.
func TestAllIsDoneByKeyboard(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	b := s.browser().as(s.owner)
	polling := s.polling(s.editor)

	// Edit.
	b.open("/orgs/acme/modes")
	b.enter(`.row.own a.name[href*="docs-writer"]`)
	b.tabTo("#field-whenToUse")
	b.ctrl("a")
	b.keyboard("By keys.")
	b.checked("1 change")
	b.leaving(func() { b.ctrl("s") })
	b.text(".said").has("saved as version 2")
	polling.gets("whenToUse: By keys.")

	// Restore.
	b.enter(`.head .actions a[href*="history"]`)
	b.ask(`.past-row:nth-child(2) a[data-ask]`)
	b.text(".said").has("restored to version 1")
	polling.gets("whenToUse: When it is time for Docs writer.")

	// Delete, and undo.
	b.enter(`.crumbs a[href$="/edit"]`)
	b.enter(`.head .actions a[href*="deletions"]`)
	b.enter("[data-confirm]")
	b.text(".said").has("Docs writer is deleted")
	s.readerServes()
	b.enter("[data-undo]")
	b.text(".said").has("Docs writer is restored")
	polling.gets("slug: docs-writer")

	// Import.
	b.open("/orgs/acme/modes")
	b.enter(`.head .actions a[href*="import"]`)
	b.tabTo("#import-paste")
	b.paste(brought)
	b.enter("form.import button.primary")
	b.text("h1").is("What would change")
	b.tabTo("#take-0")
	b.keyboard(" ")
	b.enter("button[value=apply]")
	b.text("h1").is("Imported 1 mode")
	s.readerServes("docs-writer", "release-notes")
	polling.gets("slug: release-notes")

	// Create a token, and revoke it.
	b.enter(`.nav a[href$="/tokens"]`)
	b.tabTo("#field-name")
	b.keyboard("By keys")
	b.leaving(func() { b.keyboard(keyEnter) })
	made := s.polling(b.attribute("#made-token", "value").now())
	made.nothingNew()
	b.ask("tbody tr:first-child td.more a")
	b.text(".said").has("By keys is revoked")
	s.await(func() error {
		if status := made.poll(); status != http.StatusUnauthorized {
			return fmt.Errorf("the reader answers %d", status)
		}
		return nil
	})
	b.sound()
}

// TestFocusIsNeverHidden tabs through the whole editor, forward and back, in a low window.
// The sticky bar at the bottom never covers the focused element (WCAG 2.4.11).
func TestFocusIsNeverHidden(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer", func(m *modes.Mode) {
		m.Config.Groups = append(m.Config.Groups, modes.Group{Name: "edit", Restriction: &modes.Restriction{FileRegex: `\.md$`}})
	})
	b := s.browser().as(s.owner)
	for _, window := range [][2]int64{{1360, 560}, {390, 560}} {
		b.window(window[0], window[1], "light")
		b.open("/orgs/acme/modes/docs-writer/edit")
		b.js(`document.querySelector("#main").focus()`)
		seen := map[string]bool{}
		for _, way := range []func(){func() { b.keyboard(keyTab) }, func() { b.shift(keyTab) }} {
			for range 120 {
				way()
				var at struct {
					Name, Box string
					Hidden    bool
					End       bool
				}
				b.await(func() error {
					err := b.try(evaluate(`(() => {
					const e = document.activeElement, bar = document.querySelector(".savebar"), box = e.getBoundingClientRect(), over = bar.getBoundingClientRect(), top = over.top;
					const end = e === document.body || e.matches(".skip");
					const inside = bar.contains(e) || end || box.right <= over.left; // the rail stands beside it
					// Of a field of many lines a browser shows the one with the cursor.
					const needs = e.matches("textarea") ? Math.min(box.height, 24) : Math.min(box.height, top);
					const low = Math.min(box.bottom, top) - Math.max(box.top, 0) < needs - 1;
					return {name: (e.id || e.name || e.outerHTML.slice(0, 100)), box: [box.top, box.bottom, top, innerHeight, scrollY, document.documentElement.scrollHeight].join(" "), hidden: !inside && low, end};
				})()`, &at))
					if err == nil && at.Hidden {
						err = fmt.Errorf("%s has the focus under the bar, in a window of %d: %s", at.Name, window[0], at.Box)
					}
					return err
				})
				if at.End {
					break
				}
				seen[at.Name] = true
			}
		}
		require.True(t, seen["field-customInstructions"] && seen["save"] && len(seen) > 25, "all of it was gone through: %v", seen)
	}
}

// shift presses a key with Shift.
func (b *browser) shift(key string) {
	b.s.t.Helper()
	b.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(8)))
}
