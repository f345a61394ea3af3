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

	"orgmodes/internal/devstack"
	"orgmodes/internal/postgres"
)

var findChromium = sync.OnceValues(func() (*devstack.Chromium, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	return devstack.FindChromium(ctx, func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "browsertest: "+format+"\n", args...)
	})
})

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

// browser starts one. Where none can be had the test is skipped; in CI it fails.
func (s *site) browser() *browser {
	s.t.Helper()
	chromium, err := findChromium()
	if err != nil {
		if os.Getenv("CI") == "true" {
			s.t.Fatalf("this needs a browser, and in CI nothing is skipped: %v", err)
		}
		s.t.Skipf("SKIPPED, as this needs a browser: %v", err)
	}
	// Now and then one ends while it starts, which says nothing about pages.
	b := &browser{s: s}
	for range 3 {
		if b.ctx, err = s.launch(chromium); err == nil {
			break
		}
		s.t.Logf("a browser did not start: %v", err)
	}
	require.NoError(s.t, err)
	chromedp.ListenTarget(b.ctx, b.listen)
	b.do(network.Enable(), log.Enable(), audits.Enable(), b.onNewDocument())
	return b
}

// launch starts a browser with a profile of its own, which lives as long as the
// test.
func (s *site) launch(chromium *devstack.Chromium) (context.Context, error) {
	profile, err := os.MkdirTemp("", "orgmodes-chromium-")
	if err != nil {
		return nil, err
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium.Bin), chromedp.Env(append(chromium.Env, "HOME="+profile)...), chromedp.UserDataDir(profile),
		chromedp.WindowSize(1360, 1000), chromedp.WSURLReadTimeout(patience),
	}
	for _, flag := range []string{
		"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
		"disable-component-update", "disable-sync", "hide-scrollbars", "disable-dev-shm-usage",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	root, stop := context.WithTimeout(context.WithoutCancel(s.t.Context()), 10*time.Minute)
	allocated, stopAllocator := chromedp.NewExecAllocator(root, options...)
	ctx, stopTab := chromedp.NewContext(allocated, chromedp.WithErrorf(unless("unhandled node event", s.t.Logf)))
	s.t.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		stopTab()
		stopAllocator()
		stop()
		_ = os.RemoveAll(profile)
	})
	return ctx, chromedp.Run(ctx)
}

// onNewDocument has pages say in the console what their policy refused.
func (b *browser) onNewDocument() chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(`addEventListener("securitypolicyviolation", (e) =>
			console.error("CSP", e.violatedDirective, e.blockedURI, e.sourceFile, e.lineNumber, e.sample))`).Do(ctx)
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
func (b *browser) expect(words ...string) { b.known = append(b.known, words...) }

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

// do runs actions, each of which takes moments.
func (b *browser) do(actions ...chromedp.Action) {
	b.s.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		var at, body string
		_ = chromedp.Run(b.ctx, chromedp.Location(&at), chromedp.Evaluate(`(document.querySelector("dialog[open]") ?? document.querySelector("main") ?? document.body).innerText.slice(0, 600)`, &body))
		b.shot("failed-" + b.s.t.Name())
		require.NoError(b.s.t, err, "at %s, where it says:\n%s\nconsole: %s\nadmin's log: %s", at, body, strings.Join(b.noise, "\n"), b.s.log)
	}
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

// fill types into a field, in place of what is in there.
func (b *browser) fill(selector, text string) {
	b.s.t.Helper()
	b.do(chromedp.WaitVisible(selector, chromedp.ByQuery))
	b.js(fmt.Sprintf(`void (document.querySelector(%q).value = "")`, selector))
	b.do(chromedp.SendKeys(selector, text, chromedp.ByQuery))
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

// text is what an element says to people who see, once it can be seen. It is read
// in one go: parts of pages follow what happens, and are replaced at any time.
func (b *browser) text(selector string) string {
	b.s.t.Helper()
	var out string
	b.s.await(func() error {
		read := fmt.Sprintf(`((e) => ({seen: e?.checkVisibility() ?? false, text: e?.innerText ?? ""}))(document.querySelector(%q))`, selector)
		var got struct {
			Seen bool
			Text string
		}
		if err := chromedp.Run(b.ctx, chromedp.Evaluate(read, &got)); err != nil {
			return err
		}
		if out = got.Text; !got.Seen {
			return fmt.Errorf("nothing is seen of %s", selector)
		}
		return nil
	})
	return strings.Join(strings.Fields(out), " ")
}

// texts are those of all elements that a selector finds, out of sight too.
func (b *browser) texts(selector string) []string {
	b.s.t.Helper()
	out := []string{}
	b.do(chromedp.Evaluate(fmt.Sprintf(`[...document.querySelectorAll(%q)].map((e) => e.innerText.trim() || e.textContent.trim())`, selector), &out))
	return out
}

// until waits until a JavaScript expression holds, over changes of the page.
func (b *browser) until(expression string) {
	b.s.t.Helper()
	b.s.await(func() error {
		var ok bool
		if err := chromedp.Run(b.ctx, chromedp.Evaluate("!!("+expression+")", &ok)); err != nil {
			return err // such as that the page is just being left
		}
		if !ok {
			return fmt.Errorf("not yet: %s", expression)
		}
		return nil
	})
}

// js runs JavaScript, also where the page's policy wouldn't.
func (b *browser) js(code string) {
	b.s.t.Helper()
	b.do(chromedp.Evaluate(code, nil, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
}

// holds is whether a JavaScript expression does.
func (b *browser) holds(expression string) bool {
	b.s.t.Helper()
	var ok bool
	b.do(chromedp.Evaluate("!!("+expression+")", &ok))
	return ok
}

// path is where the browser is.
func (b *browser) path() string {
	b.s.t.Helper()
	var at string
	b.do(chromedp.Location(&at))
	return strings.TrimPrefix(at, b.s.url)
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

// shot saves what is seen as NAME.png, where ORGMODES_SCREENSHOTS names a folder.
func (b *browser) shot(name string) {
	folder := os.Getenv("ORGMODES_SCREENSHOTS")
	if folder == "" {
		return
	}
	b.s.t.Helper()
	var picture []byte
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	require.NoError(b.s.t, chromedp.Run(ctx, chromedp.CaptureScreenshot(&picture)))
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

// unless is say without what isn't worth to be said.
func unless(words string, say func(string, ...any)) func(string, ...any) {
	return func(format string, args ...any) {
		if line := fmt.Sprintf(format, args...); !strings.Contains(line, words) {
			say("%s", line)
		}
	}
}

func evaluate(expression string, into any) chromedp.Action {
	return chromedp.Evaluate(expression, into)
}
