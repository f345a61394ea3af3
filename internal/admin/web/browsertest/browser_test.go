package browsertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

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

// browser is a browser with one tab and an empty profile.
type browser struct {
	s   *site
	ctx context.Context

	mu sync.Mutex
	// consoleLines holds the lines of the console and the violations of the content security
	// policy.
	consoleLines []string
	// expectedLines holds substrings of lines that are expected there.
	expectedLines []string
	// noScripts is true if scripts are disabled.
	noScripts bool
}

// The initial size of a window.
const windowWidth, windowHeight = 1360, 1000

// browser opens a tab in a new browser context, which ends with the test. Without a browser
// the test is skipped; in CI it fails.
func (s *site) browser() *browser {
	s.t.Helper()
	program := requireChromium(s.t)
	tab, closeTab, err := sharedChromium.newTab(program)
	require.NoError(s.t, err)
	s.t.Cleanup(closeTab)
	b := &browser{s: s, ctx: tab}
	chromedp.ListenTarget(b.ctx, b.listen)
	b.do(
		network.Enable(), log.Enable(), audits.Enable(), onNewDocument(reportViolations), onNewDocument(recordAnnouncements),
		// Only one of several windows has the focus. Each test's window behaves as if it
		// did.
		emulation.SetFocusEmulationEnabled(true),
		emulation.SetDeviceMetricsOverride(windowWidth, windowHeight, 1, false),
		// Animations in many windows at once would slow down all tests.
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}),
	)
	return b
}

// reportViolations logs violations of the content security policy to the console.
const reportViolations = `addEventListener("securitypolicyviolation", (e) =>
	console.error("CSP", e.violatedDirective, e.blockedURI, e.sourceFile, e.lineNumber, e.sample))`

// recordAnnouncements records every announcement to screen readers, as the next one soon
// replaces it.
const recordAnnouncements = `addEventListener("DOMContentLoaded", () => {
	const heard = document.getElementById("announcer");
	window.utterances = [];
	if (heard) new MutationObserver(() => { if (heard.textContent) utterances.push(heard.textContent); }).observe(heard, { childList: true });
})`

// waitForAnnouncement waits until the page announces a text with this prefix to screen
// readers. It looks only at announcements after the last match.
func (b *browser) waitForAnnouncement(begin string) {
	b.s.t.Helper()
	b.waitFor(fmt.Sprintf(`(() => {
		const at = utterances.findIndex((text) => text.startsWith(%q));
		if (at >= 0) utterances.splice(0, at + 1);
		return at >= 0;
	})()`, begin), "it says "+begin)
}

// onNewDocument runs a script in each page before the page's own scripts.
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
		b.recordLine(strings.Join(words, " "))
	case *runtime.EventExceptionThrown:
		b.recordLine("exception " + e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		b.recordLine(fmt.Sprintf("log %s %s %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
	case *audits.EventIssueAdded:
		if e.Issue.Details.ContentSecurityPolicyIssueDetails != nil {
			b.recordLine(fmt.Sprintf("CSP issue %+v", *e.Issue.Details.ContentSecurityPolicyIssueDetails))
		}
	}
}

func (b *browser) recordLine(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.consoleLines = append(b.consoleLines, line)
}

// expectConsole allows console lines that contain any of the texts. The browser itself, for
// example, logs a page that answers 404.
func (b *browser) expectConsole(texts ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expectedLines = append(b.expectedLines, texts...)
}

// checkConsole checks that the console has no unexpected lines, and that no policy was
// violated.
func (b *browser) checkConsole() {
	b.s.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
lines:
	for _, line := range b.consoleLines {
		for _, expected := range b.expectedLines {
			if strings.Contains(line, expected) {
				continue lines
			}
		}
		b.s.t.Errorf("the console says: %s", line)
	}
	b.consoleLines = nil
}

// try runs actions once, within patience.
func (b *browser) try(actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, actions...)
}

// do runs actions, and fails the test if one fails.
func (b *browser) do(actions ...chromedp.Action) {
	b.s.t.Helper()
	if err := b.try(actions...); err != nil {
		b.fail(err)
	}
}

// await repeats check until it succeeds, even if the page changes in between.
func (b *browser) await(check func() error) {
	b.s.t.Helper()
	if err := b.s.eventually(check); err != nil {
		b.fail(err)
	}
}

// fail ends the test, and reports the state of the page, the console and the log.
func (b *browser) fail(err error) {
	b.s.t.Helper()
	var page []string
	_ = b.try(chromedp.Evaluate(`[location.href, (document.querySelector("dialog[open]") ?? document.querySelector("main") ?? document.body).innerText.slice(0, 3000) +
		"\n\nlast requests:\n" + performance.getEntriesByType("resource").slice(-8).map((r) => [r.initiatorType, r.name, r.responseStatus, Math.round(r.startTime), Math.round(r.duration)].join(" ")).join("\n") +
		"\n\nnow: " + Math.round(performance.now())]`, &page))
	b.screenshot("failed-" + strings.ReplaceAll(b.s.t.Name(), "/", "-"))
	b.mu.Lock()
	noise := strings.Join(b.consoleLines, "\n")
	b.mu.Unlock()
	require.NoError(b.s.t, err, "at %s\nconsole: %s\nadmin's log: %s", strings.Join(page, ", where it says:\n"), noise, b.s.log)
}

// signIn signs in a user.
func (b *browser) signIn(u postgres.User) *browser {
	b.s.t.Helper()
	b.do(network.SetCookie("orgmodes", b.s.createSession(u)).WithURL(b.s.url).WithHTTPOnly(true).WithSameSite(network.CookieSameSiteLax))
	return b
}

// open navigates to a path, and waits until the page's scripts have run.
func (b *browser) open(path string) {
	b.s.t.Helper()
	b.do(chromedp.Navigate(b.s.url + path))
	b.waitForLoad()
}

// waitForLoad waits until the page is loaded and its scripts have run.
func (b *browser) waitForLoad() {
	b.s.t.Helper()
	b.waitFor(`document.readyState === "complete" && (document.documentElement.matches(".scripts") || !document.scripts.length)`)
}

// clickAndNavigate clicks an element that leads to another page, and waits for that page.
func (b *browser) clickAndNavigate(selector string) {
	b.s.t.Helper()
	b.expectNavigation(func() { b.click(selector) })
}

// expectNavigation calls do, which leads to another page, and waits for that page.
func (b *browser) expectNavigation(do func()) {
	b.s.t.Helper()
	b.js(`void (window.left = false)`)
	do()
	b.waitFor(`window.left === undefined`)
	b.waitForLoad()
}

// focus puts the focus on an element.
func (b *browser) focus(selector string) {
	b.s.t.Helper()
	b.do(chromedp.Focus(selector, chromedp.ByQuery))
}

// block makes requests for paths fail. Without paths, all requests get through again. A
// path can contain the wildcard *.
func (b *browser) block(paths ...string) {
	b.s.t.Helper()
	patterns := []*network.BlockPattern{}
	for _, path := range paths {
		patterns = append(patterns, &network.BlockPattern{URLPattern: b.s.url + path, Block: true})
	}
	b.do(network.SetBlockedURLs().WithURLPatterns(patterns))
}

// throttle makes each request take at least that long. Zero makes them fast again.
func (b *browser) throttle(latency time.Duration) {
	b.s.t.Helper()
	rule := &network.Conditions{Latency: float64(latency.Milliseconds()), DownloadThroughput: -1, UploadThroughput: -1}
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := network.EmulateNetworkConditionsByRule(false, []*network.Conditions{rule}).Do(ctx)
		return err
	}))
}

// fill replaces the text in a field by typing.
func (b *browser) fill(selector, text string) {
	b.s.t.Helper()
	b.do(chromedp.WaitVisible(selector, chromedp.ByQuery))
	b.js(fmt.Sprintf(`void (document.querySelector(%q).value = "")`, selector))
	// chromedp.SendKeys has a data race: it reads attributes of its copy of the page
	// without their lock.
	b.do(chromedp.Focus(selector, chromedp.ByQuery), chromedp.KeyEvent(text))
}

// typeKeys types where the focus is. Package kb has the names of keys.
func (b *browser) typeKeys(keys string) {
	b.s.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// pressAlt presses a key with Alt.
func (b *browser) pressAlt(key string) {
	b.s.t.Helper()
	b.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(1)))
}

// waitFor waits until a JavaScript expression is true. why explains the expectation.
func (b *browser) waitFor(expression string, why ...any) {
	b.s.t.Helper()
	b.await(func() error {
		ok := false
		if err := b.try(chromedp.Evaluate("!!("+expression+")", &ok)); err != nil {
			return err // e.g. the page is being left
		}
		if !ok {
			return fmt.Errorf("not so: %s%s", expression, formatReason(why))
		}
		return nil
	})
}

// waitForNot waits until a JavaScript expression is false.
func (b *browser) waitForNot(expression string, why ...any) {
	b.s.t.Helper()
	b.waitFor("!("+expression+")", why...)
}

// js runs JavaScript, even where the page's policy forbids it.
func (b *browser) js(code string) {
	b.s.t.Helper()
	b.do(chromedp.Evaluate(code, nil, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
}

// eval reports whether a JavaScript expression is true now. Tests use it to decide what to
// do next; assertions use waitFor.
func (b *browser) eval(expression string) bool {
	b.s.t.Helper()
	var ok bool
	b.do(chromedp.Evaluate("!!("+expression+")", &ok))
	return ok
}

// setWindow sets the size of the window and the color scheme, "light" or "dark".
func (b *browser) setWindow(width, height int64, scheme string) {
	b.s.t.Helper()
	b.do(
		emulation.SetDeviceMetricsOverride(width, height, 1, width < 600),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}),
	)
}

// withoutScripts disables scripts.
func (b *browser) withoutScripts() *browser {
	b.s.t.Helper()
	b.do(emulation.SetScriptExecutionDisabled(true))
	b.noScripts = true
	return b
}

func screenshotsEnabled() bool { return os.Getenv("ORGMODES_SCREENSHOTS") != "" }

// screenshot saves a screenshot as NAME.png in the folder ORGMODES_SCREENSHOTS, if set.
func (b *browser) screenshot(name string) {
	if !screenshotsEnabled() {
		return
	}
	folder := os.Getenv("ORGMODES_SCREENSHOTS")
	b.s.t.Helper()
	var picture []byte
	require.NoError(b.s.t, b.try(chromedp.CaptureScreenshot(&picture)))
	require.NoError(b.s.t, os.MkdirAll(folder, 0o755))
	require.NoError(b.s.t, os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644))
}

// Names for keys.
const (
	keyTab   = kb.Tab
	keyEnter = kb.Enter
	keyEsc   = kb.Escape
	keyUp    = kb.ArrowUp
	keyDown  = kb.ArrowDown
)

// navigate goes to a URL and doesn't wait for scripts.
func navigate(url string) chromedp.Action { return chromedp.Navigate(url) }

func evaluate(expression string, into any) chromedp.Action {
	return chromedp.Evaluate(expression, into)
}
