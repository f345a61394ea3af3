package browsertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/postgres"
)

// browser is a browser with one tab, and nothing in it.
type browser struct {
	s   *site
	ctx context.Context

	mu sync.Mutex
	// noise is what stood in the console, and what the policy refused.
	noise []string
	// known are parts of what may stand there.
	known []string
	// plain says that pages do without scripts.
	plain bool
}

// The window that a tab begins with.
const windowWidth, windowHeight = 1360, 1000

// browser opens a tab in a browser context, which ends with the test. Without a
// browser the test is skipped; in CI it fails.
func (s *site) browser() *browser {
	s.t.Helper()
	program := requireChromium(s.t)
	tab, closeTab, err := sharedChromium.newTab(program)
	require.NoError(s.t, err)
	s.t.Cleanup(closeTab)
	b := &browser{s: s, ctx: tab}
	chromedp.ListenTarget(b.ctx, b.listen)
	b.do(
		network.Enable(), log.Enable(), audits.Enable(), onNewDocument(reportViolations), onNewDocument(recordSpeech),
		// Of several windows only one has the focus; each test's behaves as if it did.
		emulation.SetFocusEmulationEnabled(true),
		emulation.SetDeviceMetricsOverride(windowWidth, windowHeight, 1, false),
		// Animations of many windows would take the time of all tests.
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}),
	)
	return b
}

// reportViolations has pages say in the console what their policy refused.
const reportViolations = `addEventListener("securitypolicyviolation", (e) =>
	console.error("CSP", e.violatedDirective, e.blockedURI, e.sourceFile, e.lineNumber, e.sample))`

// recordSpeech keeps what pages say to screen readers, as that is soon followed by
// something else.
const recordSpeech = `addEventListener("DOMContentLoaded", () => {
	const heard = document.getElementById("heard");
	window.utterances = [];
	if (heard) new MutationObserver(() => { if (heard.textContent) utterances.push(heard.textContent); }).observe(heard, { childList: true });
})`

// hears waits until the page says to screen readers what begins so, after what it was
// last heard to say.
func (b *browser) hears(begin string) {
	b.s.t.Helper()
	b.until(fmt.Sprintf(`(() => {
		const at = utterances.findIndex((text) => text.startsWith(%q));
		if (at >= 0) utterances.splice(0, at + 1);
		return at >= 0;
	})()`, begin), "it says "+begin)
}

// onNewDocument runs a script in each page before the page's own.
func onNewDocument(script string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(script).Do(ctx)
		return err
	})
}

func (b *browser) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		words := []string{"console." + e.Type.String()}
		for _, a := range e.Args {
			words = append(words, string(a.Value)+a.Description)
		}
		b.note(strings.Join(words, " "))
	case *runtime.EventExceptionThrown:
		b.note("exception " + e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		b.note(fmt.Sprintf("log %s %s %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
	case *audits.EventIssueAdded:
		if e.Issue.Details.ContentSecurityPolicyIssueDetails != nil {
			b.note(fmt.Sprintf("CSP issue %+v", *e.Issue.Details.ContentSecurityPolicyIssueDetails))
		}
	}
}

func (b *browser) note(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.noise = append(b.noise, line)
}

// expect lets lines with these words stand in the console: the browser's own
// about a page that answers 404, for one.
func (b *browser) expect(words ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known = append(b.known, words...)
}

// quiet holds the console to be silent, and the policy to have refused nothing.
func (b *browser) quiet() {
	b.s.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
lines:
	for _, line := range b.noise {
		for _, words := range b.known {
			if strings.Contains(line, words) {
				continue lines
			}
		}
		b.s.t.Errorf("the console says: %s", line)
	}
	b.noise = nil
}

// try runs actions once, within the time that anything may take.
func (b *browser) try(actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, actions...)
}

// do runs actions, which have to succeed.
func (b *browser) do(actions ...chromedp.Action) {
	b.s.t.Helper()
	if err := b.try(actions...); err != nil {
		b.fail(err)
	}
}

// await repeats check until it succeeds, over changes of the page.
func (b *browser) await(check func() error) {
	b.s.t.Helper()
	if err := b.s.eventually(check); err != nil {
		b.fail(err)
	}
}

// fail ends the test, and reports what the page, the console and the log show.
func (b *browser) fail(err error) {
	b.s.t.Helper()
	var page []string
	_ = b.try(chromedp.Evaluate(`[location.href, (document.querySelector("dialog[open]") ?? document.querySelector("main") ?? document.body).innerText.slice(0, 3000) +
		"\n\nlast requests:\n" + performance.getEntriesByType("resource").slice(-8).map((r) => [r.initiatorType, r.name, r.responseStatus, Math.round(r.startTime), Math.round(r.duration)].join(" ")).join("\n") +
		"\n\nnow: " + Math.round(performance.now())]`, &page))
	b.shot("failed-" + strings.ReplaceAll(b.s.t.Name(), "/", "-"))
	b.mu.Lock()
	noise := strings.Join(b.noise, "\n")
	b.mu.Unlock()
	require.NoError(b.s.t, err, "at %s\nconsole: %s\nadmin's log: %s", strings.Join(page, ", where it says:\n"), noise, b.s.log)
}

// as has somebody signed in.
func (b *browser) as(u postgres.User) *browser {
	b.s.t.Helper()
	b.do(network.SetCookie("orgmodes", b.s.session(u)).WithURL(b.s.url).WithHTTPOnly(true).WithSameSite(network.CookieSameSiteLax))
	return b
}

// open goes to a path, and waits until the page's scripts have run.
func (b *browser) open(path string) {
	b.s.t.Helper()
	b.do(chromedp.Navigate(b.s.url + path))
	b.loaded()
}

// loaded waits until a page and its scripts are there.
func (b *browser) loaded() {
	b.s.t.Helper()
	b.until(`document.readyState === "complete" && (document.documentElement.matches(".scripts") || !document.scripts.length)`)
}

// follow clicks something that leads to another page, and waits for that.
func (b *browser) follow(selector string) {
	b.s.t.Helper()
	b.leaving(func() { b.click(selector) })
}

// leaving does something after which another page comes, and waits for it.
func (b *browser) leaving(do func()) {
	b.s.t.Helper()
	b.js(`void (window.left = false)`)
	do()
	b.until(`window.left === undefined`)
	b.loaded()
}

// focus puts the focus on an element.
func (b *browser) focus(selector string) {
	b.s.t.Helper()
	b.do(chromedp.Focus(selector, chromedp.ByQuery))
}

// block keeps requests for paths from the server; without any, all get through again. A
// path may have * in it.
func (b *browser) block(paths ...string) {
	b.s.t.Helper()
	patterns := []*network.BlockPattern{}
	for _, path := range paths {
		patterns = append(patterns, &network.BlockPattern{URLPattern: b.s.url + path, Block: true})
	}
	b.do(network.SetBlockedURLs().WithURLPatterns(patterns))
}

// fill types into a field, in place of what is in there.
func (b *browser) fill(selector, text string) {
	b.s.t.Helper()
	b.do(chromedp.WaitVisible(selector, chromedp.ByQuery))
	b.js(fmt.Sprintf(`void (document.querySelector(%q).value = "")`, selector))
	// chromedp.SendKeys reads the attributes of its copy of the page without their lock.
	b.do(chromedp.Focus(selector, chromedp.ByQuery), chromedp.KeyEvent(text))
}

// keyboard types where the focus is; kb has the names of keys.
func (b *browser) keyboard(keys string) {
	b.s.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// alt presses a key with Alt.
func (b *browser) alt(key string) {
	b.s.t.Helper()
	b.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(1)))
}

// until waits until a JavaScript expression holds. why explains the expectation.
func (b *browser) until(expression string, why ...any) {
	b.s.t.Helper()
	b.await(func() error {
		ok := false
		if err := b.try(chromedp.Evaluate("!!("+expression+")", &ok)); err != nil {
			return err // such as that the page is just being left
		}
		if !ok {
			return fmt.Errorf("not so: %s%s", expression, reason(why))
		}
		return nil
	})
}

// untilNot waits until a JavaScript expression doesn't hold.
func (b *browser) untilNot(expression string, why ...any) {
	b.s.t.Helper()
	b.until("!("+expression+")", why...)
}

// js runs JavaScript, also where the page's policy wouldn't.
func (b *browser) js(code string) {
	b.s.t.Helper()
	b.do(chromedp.Evaluate(code, nil, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
}

// holds reports whether a JavaScript expression holds now: for what a test does
// next. What it asserts goes through until.
func (b *browser) holds(expression string) bool {
	b.s.t.Helper()
	var ok bool
	b.do(chromedp.Evaluate("!!("+expression+")", &ok))
	return ok
}

// window is a size, and a color scheme: "light" or "dark".
func (b *browser) window(width, height int64, scheme string) {
	b.s.t.Helper()
	b.do(
		emulation.SetDeviceMetricsOverride(width, height, 1, width < 600),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}),
	)
}

// withoutScripts has pages do without.
func (b *browser) withoutScripts() *browser {
	b.s.t.Helper()
	b.do(emulation.SetScriptExecutionDisabled(true))
	b.plain = true
	return b
}

func takesPictures() bool { return os.Getenv("ORGMODES_SCREENSHOTS") != "" }

// shot saves what is seen as NAME.png, where ORGMODES_SCREENSHOTS names a folder.
func (b *browser) shot(name string) {
	if !takesPictures() {
		return
	}
	folder := os.Getenv("ORGMODES_SCREENSHOTS")
	b.s.t.Helper()
	var picture []byte
	require.NoError(b.s.t, b.try(chromedp.CaptureScreenshot(&picture)))
	require.NoError(b.s.t, os.MkdirAll(folder, 0o755))
	require.NoError(b.s.t, os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644))
}

// Keys by their names.
const (
	keyTab   = kb.Tab
	keyEnter = kb.Enter
	keyEsc   = kb.Escape
	keyUp    = kb.ArrowUp
	keyDown  = kb.ArrowDown
)

// navigate goes to an address and does not wait for scripts.
func navigate(url string) chromedp.Action { return chromedp.Navigate(url) }

func evaluate(expression string, into any) chromedp.Action {
	return chromedp.Evaluate(expression, into)
}
