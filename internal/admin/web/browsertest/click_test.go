package browsertest

import (
	"errors"
	"fmt"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// clickPoint scrolls to an element and returns its coordinates, or why it can't be clicked
// yet. Parts of pages follow events, so they can be replaced or moved at any time.
const clickPoint = `(async (selector) => {
	const e = document.querySelector(selector);
	if (!e?.checkVisibility({ visibilityProperty: true })) return { why: "it isn't seen" };
	e.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
	const middle = () => { const r = e.getClientRects()[0] ?? e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; };
	const before = middle();
	for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame);
	const [x, y] = middle();
	if (!e.isConnected) return { why: "it was replaced" };
	if (x !== before[0] || y !== before[1]) return { why: "it moves" };
	const hit = document.elementFromPoint(x, y);
	if (!hit || !(e.contains(hit) || hit.closest("label")?.control === e)) return { why: "it is covered by " + (hit?.outerHTML.slice(0, 100) ?? "nothing") };
	return { x, y };
})(%q)`

// click clicks the first match of a selector, as a user does: once it is visible, no longer
// moves, and isn't covered.
func (b *browser) click(selector string) {
	b.s.t.Helper()
	if b.noScripts { // nothing moves without scripts
		// A node of the previous page may be gone before it is clicked.
		b.await(func() error { return b.try(chromedp.Click(selector, chromedp.ByQuery, chromedp.NodeVisible)) })
		return
	}
	b.await(func() error {
		var at struct {
			X, Y float64
			Why  string
		}
		if err := b.try(chromedp.Evaluate(fmt.Sprintf(clickPoint, selector), &at,
			func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) })); err != nil {
			return err // e.g. the page is being left
		}
		if at.Why != "" {
			return errors.New(selector + " can't be clicked: " + at.Why)
		}
		return b.try(chromedp.MouseClickXY(at.X, at.Y))
	})
}
