package browsertest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/chromedp/chromedp"
)

// reading is a value that a page shows. A page changes at any moment: an answer
// arrives, an event replaces a part, a script moves the focus. What a test reads
// right after an action can be from before or from after that, so a reading can't
// be compared as a value: its methods wait until the page shows what is expected.
type reading[T any] struct {
	b    *browser
	what string
	take func() (T, error)
}

// becomes waits until check accepts what is read; check returns what is wrong.
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

// now returns the value as it is, once there is one. It is for values that don't
// change, or as the earlier of two.
func (r reading[T]) now() (got T) {
	r.b.s.t.Helper()
	r.becomes(nil, func(v T) string { got = v; return "" })
	return got
}

// reason formats the arguments by which a test explains an expectation.
func reason(why []any) string {
	if len(why) == 0 {
		return ""
	}
	return " (" + fmt.Sprintf(fmt.Sprint(why[0]), why[1:]...) + ")"
}

// words is a reading of one text, with its white space normalized.
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

// matches takes a *regexp.Regexp, or an expression as a string.
func (w words) matches(expression any, why ...any) {
	w.b.s.t.Helper()
	r := regexp.MustCompile(fmt.Sprint(expression))
	w.becomes(why, func(got string) string { return wrong(r.MatchString(got), got, "does not match", r.String()) })
}

// list is a reading of several texts, in the order of the page.
type list struct{ reading[[]string] }

func (l list) are(want ...string) {
	l.b.s.t.Helper()
	l.becomes(nil, func(got []string) string { return wrong(slices.Equal(got, want), got, "are not", want) })
}

// begin is are, of the first ones.
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

// expression reads a JavaScript expression that comes to a string, or to null or
// undefined while there is nothing to read.
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

// text is what a visible element shows.
func (b *browser) text(selector string) words {
	return b.expression(selector, fmt.Sprintf(`((e) => e?.checkVisibility() ? e.innerText : null)(document.querySelector(%s))`, quoted(selector)))
}

// says is what an element says, visible or not, or with @ what its attribute does.
func (b *browser) says(selector string) words {
	element, attribute, _ := strings.Cut(selector, "@")
	if attribute != "" {
		return b.attribute(element, attribute)
	}
	return b.expression(selector, fmt.Sprintf("document.querySelector(%s)?.innerText", quoted(element)))
}

// attribute is one of the element that a selector finds first; "" if it has none.
func (b *browser) attribute(selector, name string) words {
	return b.expression(selector+"@"+name, fmt.Sprintf(`((e) => e ? e.getAttribute(%s) ?? "" : null)(document.querySelector(%s))`, quoted(name), quoted(selector)))
}

// value is what a field holds, with its white space as it is.
func (b *browser) value(selector string) words {
	w := b.expression(selector, "")
	w.take = func() (got string, err error) {
		err = b.try(chromedp.Evaluate(`document.querySelector(`+quoted(selector)+`).value`, &got))
		return got, err
	}
	return w
}

// path is the address without the server.
func (b *browser) path() words {
	return b.expression("the address", `location.href.replace(`+quoted(b.s.url)+`, "")`)
}

// focused is the text of what has the focus, including what only screen readers say.
func (b *browser) focused() words {
	return b.expression("what has the focus", `document.activeElement?.textContent`)
}

func (b *browser) focusedID() words {
	return b.expression("the id of what has the focus", `document.activeElement?.id`)
}

// texts are those of all elements that a selector finds, visible or not.
func (b *browser) texts(selector string) list {
	return list{reading[[]string]{b, selector, func() (got []string, err error) {
		err = b.try(chromedp.Evaluate(fmt.Sprintf(`[...document.querySelectorAll(%s)].map((e) => e.innerText.trim() || e.textContent.trim())`, quoted(selector)), &got))
		return got, err
	}}}
}

// number is what a JavaScript expression comes to.
func (b *browser) number(expression string) (n int64) {
	b.s.t.Helper()
	b.await(func() error { return b.try(chromedp.Evaluate(expression, &n)) })
	return n
}

// collect is a list of texts that a JavaScript expression comes to.
func (b *browser) collect(what, expression string) list {
	return list{reading[[]string]{b, what, func() (got []string, err error) {
		err = b.try(chromedp.Evaluate(expression, &got))
		return got, err
	}}}
}
