package browsertest

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/modes"
)

func quoteJS(s string) string { b, _ := json.Marshal(s); return string(b) }

// updateMode saves a new version of a mode.
func (s *site) updateMode(slug string, change func(*modes.Mode)) {
	s.t.Helper()
	_, err := s.db.Modes.Update(s.t.Context(), byUser(s.owner), s.acme.ID, slug, 0, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		change(&m.Mode)
		return m, nil
	})
	require.NoError(s.t, err)
}

// updateModeAsAdmin saves a new description as Ada, the admin.
func (s *site) updateModeAsAdmin(slug, description string) {
	s.t.Helper()
	_, err := s.db.Modes.Update(s.t.Context(), byUser(s.admin), s.acme.ID, slug, 0, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		m.Config.Description = description
		return m, nil
	})
	require.NoError(s.t, err)
}

// createAndDeleteMode adds a mode and deletes it.
func (s *site) createAndDeleteMode(slug, name string) {
	s.t.Helper()
	s.createMode(slug, name)
	s.deleteMode(slug)
}

func (s *site) deleteMode(slug string) {
	s.t.Helper()
	_, err := s.db.Modes.Delete(s.t.Context(), byUser(s.owner), s.acme.ID, slug, 0)
	require.NoError(s.t, err)
}

// tabTo presses Tab until an element has the focus.
func (b *browser) tabTo(selector string) {
	b.s.t.Helper()
	for range 90 {
		if b.eval(`document.activeElement.matches(` + quoteJS(selector) + `)`) {
			return
		}
		b.typeKeys(keyTab)
	}
	require.Fail(b.s.t, "the keyboard does not get there", selector)
}

// pressCtrl presses a key with Ctrl.
func (b *browser) pressCtrl(key string) {
	b.s.t.Helper()
	b.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(2)))
}

// setYAML replaces the text in the YAML editor, as pasting does.
func (b *browser) setYAML(text string) {
	b.s.t.Helper()
	b.js(fmt.Sprintf(`(() => { const view = document.querySelector("yaml-editor").view; view.dispatch({changes: {from: 0, to: view.state.doc.length, insert: %s}}); })()`, quoteJS(text)))
}

// acceptLeaveDialogs confirms the browser's question whether to leave unsaved changes. It
// returns the number of times that the browser has asked.
func (b *browser) acceptLeaveDialogs() *atomic.Int32 {
	var asked atomic.Int32
	chromedp.ListenTarget(b.ctx, func(event any) {
		if _, ok := event.(*page.EventJavascriptDialogOpening); ok {
			asked.Add(1)
			go func() { _ = b.try(page.HandleJavaScriptDialog(true)) }()
		}
	})
	return &asked
}

// waitForLeaveDialogs waits until the browser has asked that many times before unsaved
// changes were left.
func (b *browser) waitForLeaveDialogs(asked *atomic.Int32, times int32) {
	b.s.t.Helper()
	b.await(func() error {
		if n := asked.Load(); n != times {
			return fmt.Errorf("the browser has asked %d times whether to leave, not %d", n, times)
		}
		return nil
	})
}

// waitForText waits until an element contains a text, visible or not.
func (b *browser) waitForText(selector, text string) {
	b.s.t.Helper()
	b.innerText(selector).has(text)
}

// scrollAndClick scrolls to an element and clicks it, as it may be under the bar at the
// bottom.
func (b *browser) scrollAndClick(selector string) {
	b.s.t.Helper()
	b.js(`document.querySelector(` + quoteJS(selector) + `).scrollIntoView({block: "center"})`)
	b.click(selector)
}

// selectRadio clicks a radio button until it is checked: a late response can move it away
// from under the pointer.
func (b *browser) selectRadio(selector string) {
	b.s.t.Helper()
	checked := `document.querySelector(` + quoteJS(selector) + `).checked`
	for end := time.Now().Add(storetest.WaitTimeout); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		b.scrollAndClick(selector)
		if b.eval(checked) {
			return
		}
	}
	b.s.t.Fatalf("%s can't be chosen", selector)
}

// checkNoOverflow checks that the page needs no horizontal scrolling.
func (b *browser) checkNoOverflow() {
	b.s.t.Helper()
	b.evalList("wider than the window", `document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
		["the page", ...[...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth && !e.closest("pre, .cm-editor")).map((e) => e.outerHTML.slice(0, 120))]`).are()
}
