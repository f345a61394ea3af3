package modes

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"orgmodes/internal/cputime"
	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
	"orgmodes/internal/prove"
	"orgmodes/internal/upload"
)

// TestHostileInputIsBounded reads texts near the upload limit that are crafted to cost time or
// memory. Quadratic costs show in the allocations, too, so the test bounds those.
func TestHostileInputIsBounded(t *testing.T) {
	if hostileDivisor == 1 {
		prove.Long(t) // reads many megabytes; under the race detector only a part
	}
	full := func(unit string) string {
		return strings.Repeat(unit, (upload.MaxUploadBytes-64)/len(unit)/hostileDivisor)
	}
	bomb := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 30; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9), i-1)
	}
	merges := "base: &b {"
	for i := range 30_000 / hostileDivisor {
		merges += fmt.Sprintf("k%d: 1,", i)
	}
	merges += "}\nx:\n  <<: [" + strings.Repeat("*b,", 6) + "]\n"
	regex := `{"customModes":[{"slug":"a","name":"A","roleDefinition":"r","groups":[["edit",{"fileRegex":"%s"}]]}]}`
	var groups strings.Builder
	for i := range 20_000 / hostileDivisor {
		fmt.Fprintf(&groups, "(?<a%d>x)", i)
	}
	numbered := func(unit string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, unit, i)
		}
		return b.String()
	}
	// just returns as many repetitions of unit as stay just within maxYAMLValueStarts.
	just := func(unit string) string {
		return strings.Repeat(unit, maxYAMLValueStarts/max(1, jsonast.CountValueStarts([]byte(unit), maxYAMLValueStarts))/hostileDivisor-10)
	}
	// items returns the maximum number of marketplace items of a file, each with the given
	// content.
	items := func(style, indented string) string {
		var b strings.Builder
		b.WriteString("items:\n")
		for range MaxModes {
			b.WriteString("- content: " + style + "\n" + indented)
		}
		return b.String()
	}
	smallBomb, _, _ := strings.Cut(bomb, "a6:")
	indentedBomb := "    " + strings.ReplaceAll(strings.TrimSpace(smallBomb), "\n", "\n    ") + "\n"
	texts := map[string]string{
		"items of bombs":     items("|", indentedBomb),
		"items of lists":     items("|", "    ["+strings.Repeat("[],", 5000/hostileDivisor)+"\n"),
		"items folded":       items(">", strings.Repeat("    slug: a\n\n", 1500/hostileDivisor)),
		"items in one line":  items("|", "    {slug: a, x: ["+strings.Repeat("1,", 400/hostileDivisor)+"1]}\n"),
		"one item, one line": "items:\n- content: |\n    {slug: a, x: [" + strings.Repeat("1,", 200_000/hostileDivisor) + "1]}\n",
		"items by alias":     "a: &a |\n" + strings.Repeat("  x: y\n", 3000/hostileDivisor) + "items:\n" + strings.Repeat("- content: *a\n", MaxModes),
		// Just below maxNodes nothing is refused early: this is the most work that one file can
		// cause.
		"most names twice":  `{"customModes":[{` + strings.Repeat(`"a":1,`, (maxNodes-10)/hostileDivisor) + `"b":1}]}`,
		"most names":        `{"customModes":[{` + numbered(`"k%d":1,`, (maxNodes-10)/hostileDivisor) + `"b":1}]}`,
		"most bad groups":   `{"customModes":[{"slug":"a","groups":[` + strings.Repeat(`"x",`, (maxNodes-10)/hostileDivisor) + `1]}]}`,
		"most bad values":   `{"customModes":[{"x":[` + strings.Repeat(`1e999,`, (maxNodes-10)/hostileDivisor) + `1]}]}`,
		"most names, YAML":  "customModes:\n-\n" + strings.Repeat("  a:\n", (maxNodes-10)/hostileDivisor),
		"most modes":        `{"customModes":[` + strings.Repeat(`{"slug":"a","x":[`+strings.Repeat(`"\u0000",`, maxNodes/MaxModes-5)+`1]},`, (MaxModes-1)/hostileDivisor) + `1]}`,
		"just comments":     "a: 1\n" + just("#\n"),
		"just lists":        "[" + just("[],"),
		"just open":         just("[a,"),
		"just items":        just("- a\n"),
		"just keys":         just("a:\n"),
		"just dashes":       just("- "),
		"just anchors":      just("- &a b\n"),
		"just aliases":      "- &a b\n" + just("- *a\n"),
		"just indented":     "a:\n" + just(" # x\n"),
		"just documents":    just("---\n"),
		"just text lines":   "a: b\n" + just(" x\n") + "]",
		"just quoted lines": "a: \"b\n" + just(" x\n"),
		"just tabs":         "a:\n" + just(" b: c\t\n"),
		"just quoted keys":  just("\"a\": \"b\"\n"),
		"just tiny modes":   "customModes:\n" + just("- {slug: a}\n"),
		"just maps":         "{" + just("a,"),
		"just long keys":    full(strings.Repeat("k", 1000) + ": 1\n"),
		"tags declared":     numbered("%%TAG !a%d! !b\n", 500_000/hostileDivisor) + "--- x\n",
		"versions declared": full("%YAML 1.2\n") + "--- x\n",
		"tabs":              "a: |\n" + full(" \t\n"),
		"long lines":        "a: |\n " + full("x, "),
		"long keys, JSON":   `{"customModes":[{"` + strings.Repeat("k", 30<<10) + `":[` + strings.Repeat("0,", (maxNodes-10)/hostileDivisor) + `1]}]}`,
		"nested long keys":  `{"customModes":[{` + strings.Repeat(`"`+strings.Repeat("k", 128)+`":{`, 60) + `"x":[` + strings.Repeat("[0],", (maxNodes/2-200)/hostileDivisor) + `1]` + strings.Repeat("}", 61) + `]}`,
		"wrong groups":      `{"customModes":[` + strings.Repeat(`{"slug":"a","groups":[`+strings.Repeat("1,", 190)+`1]},`, 400/hostileDivisor) + `1]}`,
		"spaces":            full(" "),
		"lines":             full("\n"),
		"comments":          full("#\n"),
		"comments after":    "a: 1 " + full("# x\n"),
		"open lists":        full("["),
		"open maps":         full("{"),
		"dashes":            full("- "),
		"question marks":    full("? "),
		"colons":            full(": "),
		"keys":              full("a:\n"),
		"lists of lists":    "[" + full("[],"),
		"items":             full("- a\n"),
		"one word":          full("a"),
		"words":             full("a "),
		"quotes":            full("'"),
		"open quote":        `"` + full("a"),
		"escapes":           `"` + full(`\u0041`) + `"`,
		"anchors":           full("&a "),
		"aliases":           "a: &a x\nb: [" + full("*a,") + "]",
		"tags":              full("!a "),
		"documents":         full("---\n"),
		"literal":           "a: |\n" + full(" x\n"),
		"folded":            "a: >\n" + full(" x\n\n"),
		"bomb":              bomb,
		"merges":            merges,
		"JSON lists":        full("[{"),
		"JSON in one line":  `{"customModes":[` + full(`{"a":1},`) + "1]}",
		"JSON numbers":      `{"customModes":[` + full("1") + "]}",
		"JSON names":        `{"customModes":[{` + full(`"a":1,`) + `"b":1}]}`,
		"regex groups":      fmt.Sprintf(regex, groups.String()),
		"regex parentheses": fmt.Sprintf(regex, strings.Repeat("(", 200_000/hostileDivisor)),
		"regex braces":      fmt.Sprintf(regex, strings.Repeat("{1", 100_000/hostileDivisor)),
		"groups":            `{"customModes":[{"slug":"a","groups":[` + strings.Repeat(`"x",`, 200_000/hostileDivisor) + `1]}]}`,
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			spent := cputime.Spent()
			f, err := ReadFile(t.Context(), []byte(text))
			spent = cputime.Spent() - spent
			runtime.ReadMemStats(&after)
			allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
			if strings.HasPrefix(name, "most ") {
				assert.NoError(t, err, "this must not be refused early, or it tests nothing")
			}
			assert.Less(t, spent, time.Minute)
			if hostileDivisor == 1 {
				// Under the race detector sync.Pool drops its items and regexp allocates each
				// time, so the number has no meaning.
				assert.Less(t, allocated, uint64(300), "MiB allocated in all")
			}
			outcome := fmt.Sprint(len(f.Entries), " modes read")
			if e, ok := fault.As(err); ok {
				outcome = e.Code
			}
			t.Logf("%s: %v, %d MiB, %s", name, spent.Round(time.Millisecond), allocated, outcome)
		})
	}
}
