package browsertest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/chromedp/chromedp"
)

// pageValue is a value that a page shows. A page can change at any moment: a response
// arrives, an event replaces a part, a script moves the focus. A value read right after an
// action can be from before or after it. So a pageValue is not compared at once: its
// methods wait until the page shows the expected one.
type pageValue[T any] struct {
	b     *browser
	label string
	read  func() (T, error)
}

// waitUntil waits until check accepts the value. check returns the mismatch, or "".
func (r pageValue[T]) waitUntil(why []any, check func(T) string) {
	r.b.s.t.Helper()
	r.b.await(func() error {
		got, err := r.read()
		if err != nil {
			return err
		}
		if text := check(got); text != "" {
			return fmt.Errorf("%s: %s%s", r.label, text, formatReason(why))
		}
		return nil
	})
}

// current returns the current value, once there is one. It is for values that don't change,
// or for the earlier of two values.
func (r pageValue[T]) current() (got T) {
	r.b.s.t.Helper()
	r.waitUntil(nil, func(v T) string { got = v; return "" })
	return got
}

// formatReason formats the arguments with which a test explains an expectation.
func formatReason(why []any) string {
	if len(why) == 0 {
		return ""
	}
	return " (" + fmt.Sprintf(fmt.Sprint(why[0]), why[1:]...) + ")"
}

// textValue is the value of one text, with normalized white space.
type textValue struct{ pageValue[string] }

func (w textValue) is(want string, why ...any) {
	w.b.s.t.Helper()
	w.waitUntil(why, func(got string) string { return mismatch(got == want, got, "is not", want) })
}

func (w textValue) has(part string, why ...any) {
	w.b.s.t.Helper()
	w.waitUntil(why, func(got string) string { return mismatch(strings.Contains(got, part), got, "does not contain", part) })
}

func (w textValue) hasNot(part string, why ...any) {
	w.b.s.t.Helper()
	w.waitUntil(why, func(got string) string { return mismatch(!strings.Contains(got, part), got, "contains", part) })
}

// matches accepts a *regexp.Regexp, or an expression as a string.
func (w textValue) matches(expression any, why ...any) {
	w.b.s.t.Helper()
	r := regexp.MustCompile(fmt.Sprint(expression))
	w.waitUntil(why, func(got string) string { return mismatch(r.MatchString(got), got, "does not match", r.String()) })
}

// textList is the value of several texts, in page order.
type textList struct{ pageValue[[]string] }

func (l textList) are(want ...string) {
	l.b.s.t.Helper()
	l.waitUntil(nil, func(got []string) string { return mismatch(slices.Equal(got, want), got, "are not", want) })
}

// begin is like are, for a prefix of the list.
func (l textList) begin(want ...string) {
	l.b.s.t.Helper()
	l.waitUntil(nil, func(got []string) string {
		return mismatch(len(got) >= len(want) && slices.Equal(got[:len(want)], want), got, "do not begin with", want)
	})
}

func (l textList) includes(want ...string) {
	l.b.s.t.Helper()
	l.waitUntil(nil, func(got []string) string {
		missing := slices.DeleteFunc(slices.Clone(want), func(w string) bool { return slices.Contains(got, w) })
		return mismatch(len(missing) == 0, got, "lack", missing)
	})
}

func (l textList) lacks(one string, why ...any) {
	l.b.s.t.Helper()
	l.waitUntil(why, func(got []string) string { return mismatch(!slices.Contains(got, one), got, "include", one) })
}

func (l textList) count(n int, why ...any) {
	l.b.s.t.Helper()
	l.waitUntil(why, func(got []string) string {
		return mismatch(len(got) == n, strconv.Itoa(len(got)), "is not", strconv.Itoa(n))
	})
}

func mismatch(ok bool, got any, how string, want any) string {
	if ok {
		return ""
	}
	return fmt.Sprintf("%q %s %q", got, how, want)
}

// evalText reads a JavaScript expression that evaluates to a string. Until there is
// something to read, it evaluates to null or undefined.
func (b *browser) evalText(what, code string) textValue {
	return textValue{pageValue[string]{b, what, func() (string, error) {
		var got *string
		if err := b.try(chromedp.Evaluate("("+code+") ?? null", &got)); err != nil {
			return "", err
		}
		if got == nil {
			return "", fmt.Errorf("%s: there is nothing to read", what)
		}
		return strings.Join(strings.Fields(*got), " "), nil
	}}}
}

// text returns the text of a visible element.
func (b *browser) text(selector string) textValue {
	return b.evalText(selector, fmt.Sprintf(`((e) => e?.checkVisibility() ? e.innerText : null)(document.querySelector(%s))`, quoteJS(selector)))
}

// innerText returns the text of an element, visible or not, or the attribute after an @.
func (b *browser) innerText(selector string) textValue {
	element, attribute, _ := strings.Cut(selector, "@")
	if attribute != "" {
		return b.attribute(element, attribute)
	}
	return b.evalText(selector, fmt.Sprintf("document.querySelector(%s)?.innerText", quoteJS(element)))
}

// attribute returns an attribute of the first match of a selector; "" if it has none.
func (b *browser) attribute(selector, name string) textValue {
	return b.evalText(selector+"@"+name, fmt.Sprintf(`((e) => e ? e.getAttribute(%s) ?? "" : null)(document.querySelector(%s))`, quoteJS(name), quoteJS(selector)))
}

// value returns the value of a field, with its white space unchanged.
func (b *browser) value(selector string) textValue {
	w := b.evalText(selector, "")
	w.read = func() (got string, err error) {
		err = b.try(chromedp.Evaluate(`document.querySelector(`+quoteJS(selector)+`).value`, &got))
		return got, err
	}
	return w
}

// path returns the address without scheme and host.
func (b *browser) path() textValue {
	return b.evalText("the address", `location.href.replace(`+quoteJS(b.s.url)+`, "")`)
}

// focusedText returns the text of the focused element, including text only for screen
// readers.
func (b *browser) focusedText() textValue {
	return b.evalText("what has the focus", `document.activeElement?.textContent`)
}

func (b *browser) focusedID() textValue {
	return b.evalText("the id of what has the focus", `document.activeElement?.id`)
}

// texts returns the texts of all matches of a selector, visible or not.
func (b *browser) texts(selector string) textList {
	return textList{pageValue[[]string]{b, selector, func() (got []string, err error) {
		err = b.try(chromedp.Evaluate(fmt.Sprintf(`[...document.querySelectorAll(%s)].map((e) => e.innerText.trim() || e.textContent.trim())`, quoteJS(selector)), &got))
		return got, err
	}}}
}

// evalInt returns the value of a JavaScript expression.
func (b *browser) evalInt(expression string) (n int64) {
	b.s.t.Helper()
	b.await(func() error { return b.try(chromedp.Evaluate(expression, &n)) })
	return n
}

// evalList returns the list of texts that a JavaScript expression evaluates to.
func (b *browser) evalList(what, expression string) textList {
	return textList{pageValue[[]string]{b, what, func() (got []string, err error) {
		err = b.try(chromedp.Evaluate(expression, &got))
		return got, err
	}}}
}
