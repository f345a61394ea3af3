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

func quoted(s string) string { b, _ := json.Marshal(s); return string(b) }

// change saves another version of a mode.
func (s *site) change(slug string, change func(*modes.Mode)) {
	s.t.Helper()
	_, err := s.db.Modes.Update(s.t.Context(), by(s.owner), s.acme.ID, slug, 0, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		change(&m.Mode)
		return m, nil
	})
	require.NoError(s.t, err)
}

// changeAs has Ada save another description.
func (s *site) changeAs(slug, description string) {
	s.t.Helper()
	_, err := s.db.Modes.Update(s.t.Context(), by(s.admin), s.acme.ID, slug, 0, func(m modes.OrganizationMode) (modes.OrganizationMode, error) {
		m.Config.Description = description
		return m, nil
	})
	require.NoError(s.t, err)
}

// deleteModeThatWas leaves one among the deleted modes.
func (s *site) deleteModeThatWas(slug, name string) {
	s.t.Helper()
	s.mode(slug, name)
	s.deleteMode(slug)
}

func (s *site) deleteMode(slug string) {
	s.t.Helper()
	_, err := s.db.Modes.Delete(s.t.Context(), by(s.owner), s.acme.ID, slug, 0)
	require.NoError(s.t, err)
}

// tabTo presses Tab until something has the focus.
func (b *browser) tabTo(selector string) {
	b.s.t.Helper()
	for range 90 {
		if b.holds(`document.activeElement.matches(` + quoted(selector) + `)`) {
			return
		}
		b.keyboard(keyTab)
	}
	require.Fail(b.s.t, "the keyboard does not get there", selector)
}

// ctrl presses a key with Ctrl.
func (b *browser) ctrl(key string) {
	b.s.t.Helper()
	b.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(2)))
}

// write puts a text into the editor for YAML, as somebody who pastes it.
func (b *browser) write(text string) {
	b.s.t.Helper()
	b.js(fmt.Sprintf(`(() => { const view = document.querySelector("yaml-editor").view; view.dispatch({changes: {from: 0, to: view.state.doc.length, insert: %s}}); })()`, quoted(text)))
}

// acceptLeaving answers the browser's question whether to leave what isn't saved,
// and counts how often it was asked.
func (b *browser) acceptLeaving() *atomic.Int32 {
	var asked atomic.Int32
	chromedp.ListenTarget(b.ctx, func(event any) {
		if _, ok := event.(*page.EventJavascriptDialogOpening); ok {
			asked.Add(1)
			go func() { _ = b.try(page.HandleJavaScriptDialog(true)) }()
		}
	})
	return &asked
}

// answered waits until the browser has asked so often before what isn't saved was
// left.
func (b *browser) answered(asked *atomic.Int32, times int32) {
	b.s.t.Helper()
	b.await(func() error {
		if n := asked.Load(); n != times {
			return fmt.Errorf("the browser has asked %d times whether to leave, not %d", n, times)
		}
		return nil
	})
}

// seen waits until an element says something, visible or not.
func (b *browser) seen(selector, text string) {
	b.s.t.Helper()
	b.says(selector).has(text)
}

// reach clicks something that may lie under the bar at the bottom, as a person who
// scrolls to it first.
func (b *browser) reach(selector string) {
	b.s.t.Helper()
	b.js(`document.querySelector(` + quoted(selector) + `).scrollIntoView({block: "center"})`)
	b.click(selector)
}

// choose clicks a radio button until it is checked: an answer that is on its way may
// move it from under the pointer.
func (b *browser) choose(selector string) {
	b.s.t.Helper()
	checked := `document.querySelector(` + quoted(selector) + `).checked`
	for end := time.Now().Add(storetest.Patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		b.reach(selector)
		if b.holds(checked) {
			return
		}
	}
	b.s.t.Fatalf("%s can't be chosen", selector)
}

// fits holds the page to need no scrolling sideways.
func (b *browser) fits() {
	b.s.t.Helper()
	b.collect("wider than the window", `document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
		["the page", ...[...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth && !e.closest("pre, .cm-editor")).map((e) => e.outerHTML.slice(0, 120))]`).are()
}
