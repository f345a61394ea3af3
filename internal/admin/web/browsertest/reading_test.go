package browsertest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/chromedp/chromedp"
)

// reading is a value that a page shows. A page can change at any moment: a response
// arrives, an event replaces a part, a script moves the focus. A value read right after an
// action can be from before or after it. So a reading can't be compared as a value: its
// methods wait until the page shows the expected one.
type reading[T any] struct {
	b    *browser
	what string
	take func() (T, error)
}

// becomes waits until check accepts the value. check returns the mismatch, or "".
func (r reading[T]) becomes(why []any, check func(T) string) {
	r.b.s.t.Helper()
	r.b.await(func() error {
		got, err := r.take()
		if err != nil {
			return err
		}
		if wrong := check(got); wrong != "" {
			return fmt.Errorf("%s: %s%s", r.what, wrong, reason(why))
		}
		return nil
	})
}

// now returns the current value, once there is one. It is for values that don't change, or
// for the earlier of two values.
func (r reading[T]) now() (got T) {
	r.b.s.t.Helper()
	r.becomes(nil, func(v T) string { got = v; return "" })
	return got
}

// reason formats the arguments with which a test explains an expectation.
func reason(why []any) string {
	if len(why) == 0 {
		return ""
	}
	return " (" + fmt.Sprintf(fmt.Sprint(why[0]), why[1:]...) + ")"
}

// words is a reading of one text, with normalized white space.
type words struct{ reading[string] }

func (w words) is(want string, why ...any) {
	w.b.s.t.Helper()
	w.becomes(why, func(got string) string { return wrong(got == want, got, "is not", want) })
}

func (w words) has(part string, why ...any) {
	w.b.s.t.Helper()
	w.becomes(why, func(got string) string { return wrong(strings.Contains(got, part), got, "does not contain", part) })
}

func (w words) hasNot(part string, why ...any) {
	w.b.s.t.Helper()
	w.becomes(why, func(got string) string { return wrong(!strings.Contains(got, part), got, "contains", part) })
}

// matches accepts a *regexp.Regexp, or an expression as a string.
func (w words) matches(expression any, why ...any) {
	w.b.s.t.Helper()
	r := regexp.MustCompile(fmt.Sprint(expression))
	w.becomes(why, func(got string) string { return wrong(r.MatchString(got), got, "does not match", r.String()) })
}

// list is a reading of several texts, in page order.
type list struct{ reading[[]string] }

func (l list) are(want ...string) {
	l.b.s.t.Helper()
	l.becomes(nil, func(got []string) string { return wrong(slices.Equal(got, want), got, "are not", want) })
}

// begin is like are, for a prefix of the list.
func (l list) begin(want ...string) {
	l.b.s.t.Helper()
	l.becomes(nil, func(got []string) string {
		return wrong(len(got) >= len(want) && slices.Equal(got[:len(want)], want), got, "do not begin with", want)
	})
}

func (l list) includes(want ...string) {
	l.b.s.t.Helper()
	l.becomes(nil, func(got []string) string {
		missing := slices.DeleteFunc(slices.Clone(want), func(w string) bool { return slices.Contains(got, w) })
		return wrong(len(missing) == 0, got, "lack", missing)
	})
}

func (l list) lacks(one string, why ...any) {
	l.b.s.t.Helper()
	l.becomes(why, func(got []string) string { return wrong(!slices.Contains(got, one), got, "include", one) })
}

func (l list) count(n int, why ...any) {
	l.b.s.t.Helper()
	l.becomes(why, func(got []string) string {
		return wrong(len(got) == n, strconv.Itoa(len(got)), "is not", strconv.Itoa(n))
	})
}

func wrong(ok bool, got any, how string, want any) string {
	if ok {
		return ""
	}
	return fmt.Sprintf("%q %s %q", got, how, want)
}

// expression reads a JavaScript expression that evaluates to a string. Until there is
// something to read, it evaluates to null or undefined.
func (b *browser) expression(what, code string) words {
	return words{reading[string]{b, what, func() (string, error) {
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
func (b *browser) text(selector string) words {
	return b.expression(selector, fmt.Sprintf(`((e) => e?.checkVisibility() ? e.innerText : null)(document.querySelector(%s))`, quoted(selector)))
}

// says returns the text of an element, visible or not, or the attribute after an @.
func (b *browser) says(selector string) words {
	element, attribute, _ := strings.Cut(selector, "@")
	if attribute != "" {
		return b.attribute(element, attribute)
	}
	return b.expression(selector, fmt.Sprintf("document.querySelector(%s)?.innerText", quoted(element)))
}

// attribute returns an attribute of the first match of a selector; "" if it has none.
func (b *browser) attribute(selector, name string) words {
	return b.expression(selector+"@"+name, fmt.Sprintf(`((e) => e ? e.getAttribute(%s) ?? "" : null)(document.querySelector(%s))`, quoted(name), quoted(selector)))
}

// value returns the value of a field, with its white space unchanged.
func (b *browser) value(selector string) words {
	w := b.expression(selector, "")
	w.take = func() (got string, err error) {
		err = b.try(chromedp.Evaluate(`document.querySelector(`+quoted(selector)+`).value`, &got))
		return got, err
	}
	return w
}

// path returns the address without scheme and host.
func (b *browser) path() words {
	return b.expression("the address", `location.href.replace(`+quoted(b.s.url)+`, "")`)
}

// focused returns the text of the focused element, including text only for screen readers.
func (b *browser) focused() words {
	return b.expression("what has the focus", `document.activeElement?.textContent`)
}

func (b *browser) focusedID() words {
	return b.expression("the id of what has the focus", `document.activeElement?.id`)
}

// texts returns the texts of all matches of a selector, visible or not.
func (b *browser) texts(selector string) list {
	return list{reading[[]string]{b, selector, func() (got []string, err error) {
		err = b.try(chromedp.Evaluate(fmt.Sprintf(`[...document.querySelectorAll(%s)].map((e) => e.innerText.trim() || e.textContent.trim())`, quoted(selector)), &got))
		return got, err
	}}}
}

// number returns the value of a JavaScript expression.
func (b *browser) number(expression string) (n int64) {
	b.s.t.Helper()
	b.await(func() error { return b.try(chromedp.Evaluate(expression, &n)) })
	return n
}

// collect returns the list of texts that a JavaScript expression evaluates to.
func (b *browser) collect(what, expression string) list {
	return list{reading[[]string]{b, what, func() (got []string, err error) {
		err = b.try(chromedp.Evaluate(expression, &got))
		return got, err
	}}}
}
