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

// tabAndEnter tabs to an element, presses Enter, and waits for the page that it leads to.
func (b *browser) tabAndEnter(selector string) {
	b.s.t.Helper()
	b.tabTo(selector)
	b.expectNavigation(func() { b.typeKeys(keyEnter) })
}

// tabAndConfirm tabs to an element that opens a confirmation dialog, and confirms.
func (b *browser) tabAndConfirm(selector string) {
	b.s.t.Helper()
	b.tabTo(selector)
	b.typeKeys(keyEnter)
	b.waitFor(`document.querySelector("dialog[open]")?.contains(document.activeElement)`)
	b.tabAndEnter("dialog[open] [data-confirm]")
}

// TestHeldEnterDoesNotConfirmDialog holds Enter on a link that opens a dialog.
// The key repeats while the dialog's button already has the focus.
func TestHeldEnterDoesNotConfirmDialog(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	s.deleteMode("docs-writer")
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/deleted")
	b.tabTo(`a[data-confirm-dialog][href*="restorations"]`)
	answered := `document.querySelector(".flash")`
	b.dispatchEnter(input.KeyDown, false)
	b.waitFor(`document.querySelector("dialog[open]")?.contains(document.activeElement)`)
	for range 5 {
		b.dispatchEnter(input.KeyDown, true)
	}
	b.dispatchEnter(input.KeyUp, false)
	require.True(t, b.eval(`document.querySelector("dialog[open]") && !`+answered), "the question is still asked")
	b.expectNavigation(func() { b.typeKeys(keyEnter) })
	b.waitFor(answered)
}

// dispatchEnter presses, holds or releases Enter. Unlike keyboard it sends the key and its
// character as one event. A script that handles the key thus gets no line break.
func (b *browser) dispatchEnter(do input.KeyType, repeats bool) {
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

// TestMainTasksByKeyboard goes through the main tasks without a mouse.
func TestMainTasksByKeyboard(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	b := s.browser().signIn(s.owner)
	polling := s.pollingEditor(s.editorToken)

	// Edit.
	b.open("/orgs/acme/modes")
	b.tabAndEnter(`.row.own a.name[href*="docs-writer"]`)
	b.tabTo("#field-whenToUse")
	b.pressCtrl("a")
	b.typeKeys("By keys.")
	b.waitForCheck("1 change")
	b.expectNavigation(func() { b.pressCtrl("s") })
	b.text(".flash").has("saved as version 2")
	polling.waitForText("whenToUse: By keys.")

	// Restore.
	b.tabAndEnter(`.head .actions a[href*="history"]`)
	b.tabAndConfirm(`.version-row:nth-child(2) a[data-confirm-dialog]`)
	b.text(".flash").has("restored to version 1")
	polling.waitForText("whenToUse: When it is time for Docs writer.")

	// Delete, and undo.
	b.tabAndEnter(`.crumbs a[href$="/edit"]`)
	b.tabAndEnter(`.head .actions a[href*="deletions"]`)
	b.tabAndEnter("[data-confirm]")
	b.text(".flash").has("Docs writer is deleted")
	s.readerServes()
	b.tabAndEnter("[data-undo]")
	b.text(".flash").has("Docs writer is restored")
	polling.waitForText("slug: docs-writer")

	// Import.
	b.open("/orgs/acme/modes")
	b.tabAndEnter(`.head .actions a[href*="import"]`)
	b.tabTo("#import-paste")
	b.paste(importYAML)
	b.tabAndEnter("form.import button.primary")
	b.text("h1").is("What would change")
	b.tabTo("#take-0")
	b.typeKeys(" ")
	b.tabAndEnter("button[value=apply]")
	b.text("h1").is("Imported 1 mode")
	s.readerServes("docs-writer", "release-notes")
	polling.waitForText("slug: release-notes")

	// Create a token, and revoke it.
	b.tabAndEnter(`.nav a[href$="/tokens"]`)
	b.tabTo("#field-name")
	b.typeKeys("By keys")
	b.expectNavigation(func() { b.typeKeys(keyEnter) })
	made := s.pollingEditor(b.attribute("#new-token-secret", "value").current())
	made.waitForNotModified()
	b.tabAndConfirm("tbody tr:first-child td.more a")
	b.text(".flash").has("By keys is revoked")
	s.await(func() error {
		if status := made.poll(); status != http.StatusUnauthorized {
			return fmt.Errorf("the reader answers %d", status)
		}
		return nil
	})
	b.checkA11yAndConsole()
}

// TestFocusIsNeverObscured tabs through the whole editor, forward and back, in a low window.
// The sticky bar at the bottom never covers the focused element (WCAG 2.4.11).
func TestFocusIsNeverObscured(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer", func(m *modes.Mode) {
		m.Config.Groups = append(m.Config.Groups, modes.Group{Name: "edit", Restriction: &modes.Restriction{FileRegex: `\.md$`}})
	})
	b := s.browser().signIn(s.owner)
	for _, window := range [][2]int64{{1360, 560}, {390, 560}} {
		b.setWindow(window[0], window[1], "light")
		b.open("/orgs/acme/modes/docs-writer/edit")
		b.js(`document.querySelector("#main").focus()`)
		seen := map[string]bool{}
		for _, way := range []func(){func() { b.typeKeys(keyTab) }, func() { b.pressShift(keyTab) }} {
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
					const inside = bar.contains(e) || end || box.right <= over.left; // the sidebar is beside it
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

// pressShift presses a key with Shift.
func (b *browser) pressShift(key string) {
	b.s.t.Helper()
	b.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(8)))
}
