package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"orgmodes/internal/devstack"
	"orgmodes/internal/prove"
)

// findChromium returns the browser that the tests drive. It may download one, so TestMain
// calls it before the first test's clock starts.
var findChromium = sync.OnceValues(func() (*devstack.Chromium, error) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchPatience)
	defer cancel()
	return devstack.FindChromium(ctx, warnf)
})

// fetchPatience limits the download of a program.
const fetchPatience = 20 * time.Minute

func warnf(format string, args ...any) { fmt.Fprintf(os.Stderr, "browsertest: "+format+"\n", args...) }

// requireChromium skips the test if no browser is available; with CI=true it fails.
func requireChromium(t testing.TB) *devstack.Chromium {
	t.Helper()
	program, err := findChromium()
	if err == nil {
		return program
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("this needs a browser, and in CI nothing is skipped: %v", err)
	}
	t.Skipf("SKIPPED, as this needs a browser: %v", err)
	return nil
}

// chromium is the one browser process of the package. Each test opens a browser context in
// it: cookies, storage, cache and downloads are separate, as in incognito windows. If the
// process has ended, the next test starts a new one.
type chromium struct {
	mu   sync.Mutex
	ctx  context.Context // of the process; nil before the first start
	stop func()
}

var sharedChromium chromium

// startAttempts is the number of attempts to start a browser. A failed start on an
// overloaded machine is no finding about pages.
const startAttempts = 4

// newTab opens a tab in a new browser context. closeTab disposes of both.
func (c *chromium) newTab(program *devstack.Chromium) (tab context.Context, closeTab func(), err error) {
	for attempt := range startAttempts {
		if attempt > 0 {
			warnf("the browser did not start, trying again: %v", err)
		}
		var process context.Context
		if process, err = c.process(program); err != nil {
			continue
		}
		if tab, closeTab, err = openTab(process); err == nil {
			return tab, closeTab, nil
		}
	}
	return nil, nil, err
}

// openTab opens a dedicated window for a new browser context. chromedp itself requests a
// tab in an existing window, which the context lacks.
func openTab(process context.Context) (tab context.Context, closeTab func(), err error) {
	asBrowser := func(do func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(process, patience)
		defer cancel()
		return do(cdp.WithExecutor(ctx, chromedp.FromContext(process).Browser))
	}
	var owner cdp.BrowserContextID
	var window target.ID
	if err := asBrowser(func(ctx context.Context) (err error) {
		if owner, err = target.CreateBrowserContext().Do(ctx); err != nil {
			return err
		}
		window, err = target.CreateTarget("about:blank").WithBrowserContextID(owner).WithNewWindow(true).Do(ctx)
		return err
	}); err != nil {
		return nil, nil, err
	}
	tab, cancel := chromedp.NewContext(process, chromedp.WithTargetID(window))
	closeTab = func() {
		_ = asBrowser(func(ctx context.Context) error { return target.DisposeBrowserContext(owner).Do(ctx) })
		cancel()
	}
	// The context of the first Run is the tab's, so it can't have a deadline itself.
	limit := time.AfterFunc(patience, cancel)
	err = chromedp.Run(tab)
	if !limit.Stop() && err == nil {
		err = fmt.Errorf("no tab after %s", patience)
	}
	if err != nil {
		closeTab()
		return nil, nil, err
	}
	return tab, closeTab, nil
}

// process returns the context of the running browser, which it starts if needed.
func (c *chromium) process(program *devstack.Chromium) (context.Context, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx != nil && c.ctx.Err() == nil {
		return c.ctx, nil
	}
	c.end()
	profile, err := os.MkdirTemp("", "orgmodes-chromium-")
	if err != nil {
		return nil, err
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program.Bin), chromedp.UserDataDir(profile), chromedp.WSURLReadTimeout(patience),
		chromedp.Env(slices.Concat(program.Env, []string{"HOME=" + profile})...),
		chromedp.WindowSize(windowWidth, windowHeight),
	}
	for _, flag := range []string{
		"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
		"disable-component-update", "disable-sync", "hide-scrollbars", "disable-dev-shm-usage", "disable-extensions", "disable-breakpad",
		// Tests run in parallel: a window behind another one must not be throttled.
		"disable-background-timer-throttling", "disable-backgrounding-occluded-windows", "disable-renderer-backgrounding",
		"disable-hang-monitor",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stopBrowser := chromedp.NewContext(allocator,
		chromedp.WithErrorf(warnUnless("unhandled node event")), chromedp.WithBrowserOption(chromedp.WithDialTimeout(patience)))
	c.ctx, c.stop = ctx, func() {
		if ctx.Err() == nil && chromedp.FromContext(ctx).Browser != nil {
			limit := time.AfterFunc(patience, stopAllocator)
			_ = chromedp.Cancel(ctx)
			limit.Stop()
		}
		stopBrowser()
		stopAllocator()
		_ = os.RemoveAll(profile)
	}
	limit := time.AfterFunc(2*patience, stopAllocator)
	err = chromedp.Run(ctx)
	if !limit.Stop() && err == nil {
		err = errors.New("the browser took too long to start")
	}
	if err != nil {
		c.end()
		return nil, err
	}
	return ctx, nil
}

// end stops the process, if any; the caller holds mu.
func (c *chromium) end() {
	if c.stop != nil {
		c.stop()
	}
	c.ctx, c.stop = nil, nil
}

// close stops the browser after the last test.
func (c *chromium) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end()
	return nil
}

// warnUnless drops messages that contain expected.
func warnUnless(expected string) func(string, ...any) {
	return func(format string, args ...any) {
		if line := fmt.Sprintf(format, args...); !strings.Contains(line, expected) {
			warnf("chromedp: %s", line)
		}
	}
}

// A test that starts after the browser was killed gets a new browser.
func TestKilledBrowserIsReplaced(t *testing.T) {
	prove.Long(t) // two more browsers
	t.Parallel()
	program := requireChromium(t)
	var own chromium // not shared with other tests
	t.Cleanup(func() { _ = own.close() })
	title := func() {
		t.Helper()
		tab, closeTab, err := own.newTab(program)
		if err != nil {
			t.Fatal(err)
		}
		defer closeTab()
		var got int
		if err := chromedp.Run(tab, chromedp.Evaluate("6 * 7", &got)); err != nil || got != 42 {
			t.Fatalf("got %d, %v", got, err)
		}
	}
	title()
	process := chromedp.FromContext(own.ctx).Browser.Process()
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-own.ctx.Done()
	title()
}
