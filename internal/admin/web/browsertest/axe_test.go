package browsertest

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"orgmodes/internal/devstack"
)

// axeSource returns the script axe-core. It may download it, so TestMain calls it before
// the first test's clock starts.
var axeSource = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchPatience)
	defer cancel()
	file, err := devstack.FindAxe(ctx, warnf)
	if err != nil {
		return "", err
	}
	content, err := os.ReadFile(file)
	return string(content), err
})

// checkA11yAndConsole checks that axe finds no violations in the current page, and that the
// console is silent.
func (b *browser) checkA11yAndConsole() {
	b.s.t.Helper()
	b.runAxe(`{resultTypes: ["violations"]}`)
}

// checkContrast is checkA11yAndConsole limited to the rules about colors, for a page that was
// checked in the other color scheme.
func (b *browser) checkContrast() {
	b.s.t.Helper()
	b.runAxe(`{resultTypes: ["violations"], runOnly: ["color-contrast", "link-in-text-block"]}`)
}

// runAxe runs axe with options, which are a JavaScript object.
func (b *browser) runAxe(options string) {
	b.s.t.Helper()
	b.checkConsole()
	source, err := axeSource()
	if err != nil {
		if os.Getenv("CI") == "true" {
			b.s.t.Fatalf("axe-core is not available, and in CI nothing is skipped: %v", err)
		}
		b.s.t.Logf("NOT CHECKED with axe, which is not available: %v", err)
		return
	}
	b.await(func() error {
		var found []string
		err := b.try(
			// Finish animations first: text that fades in has its final contrast only at
			// the end.
			chromedp.Evaluate(`Promise.all(document.getAnimations().filter((a) => Number.isFinite(a.effect?.getComputedTiming().endTime)).map((a) => a.finished.catch(() => {})))`, nil, awaitPromise),
			chromedp.Evaluate(`if (!window.axe) {`+source+`}`, nil),
			chromedp.Evaluate(`axe.run(document, `+options+`).then((r) => r.violations.flatMap((v) =>
				v.nodes.slice(0, 5).map((n) => v.id + " (" + v.impact + "): " + n.html.slice(0, 300) + "\n    " + n.failureSummary.replace(/\n/g, " "))))`,
				&found, awaitPromise),
		)
		if err == nil && len(found) > 0 {
			err = fmt.Errorf("axe finds %d violations:\n  %s", len(found), strings.Join(found, "\n  "))
		}
		return err
	})
}

func awaitPromise(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
