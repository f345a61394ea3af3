package browsertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

// longPrompt returns a prompt of 60 KB: hundreds of rules, in several scripts.
func longPrompt() string {
	var b strings.Builder
	for i := 0; b.Len() < 60_000; i++ {
		switch i % 50 {
		case 10:
			fmt.Fprintf(&b, "%d. اكتب جملًا قصيرة عن كل تغيير\n", i)
		case 20:
			fmt.Fprintf(&b, "%d. 先看正确性，再看风格 👩‍💻\n", i)
		default:
			fmt.Fprintf(&b, "%d. A rule that everybody knows, and that is written down all the same.\n", i)
		}
	}
	return b.String()
}

func TestComparisonIsGoneThrough(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	prompt := longPrompt()
	first := s.mode("long", "Long", func(m *modes.Mode) { m.Config.CustomInstructions = prompt })
	s.change("long", func(m *modes.Mode) {
		m.Config.CustomInstructions = strings.NewReplacer(
			"\n7. A rule that everybody", "\n7. A custom that nobody", "\n420. 先看正确性", "\n420. 先看安全性", "\n610. اكتب جملًا قصيرة", "\n610. اكتب جملًا طويلة",
		).Replace(prompt)
	})
	b := s.browser().as(s.member)
	b.open("/orgs/acme/modes/long/history?from=1&to=2")
	b.texts(".compared .removed mark").are("rule", "everybody", "正确", "قصيرة")
	b.texts(".compared .added mark").are("custom", "nobody", "安全", "طويلة")
	b.until(`document.querySelector(".compared .added").textContent.includes("added: ")`, "not by color alone")
	b.until(`document.querySelectorAll("yaml-diff *").length < 400`, "what is folded is one text")
	require.Less(t, b.firstView(), int64(100<<10), "bytes of the first view")
	b.sound()

	// Step through the changes, by buttons and by keys.
	b.click(`[aria-label="Next change"]`)
	b.hears("Change 1 of 3")
	b.focus(".diff-lines")
	b.keyboard("j")
	b.until(`document.querySelector(".diff-place").textContent === "2 of 3 changes" && document.querySelector(".line.at").textContent.includes("正确")`)
	b.keyboard("k")
	b.keyboard("k")
	b.until(`document.querySelector(".diff-place").textContent === "3 of 3 changes"`)
	b.until(`(() => { const at = document.querySelector(".line.at").getBoundingClientRect(); return at.top >= 0 && at.bottom <= innerHeight })()`)

	// Unchanged lines unfold on demand, with their numbers.
	b.text(".fold summary").has("unchanged lines")
	b.reach(".diff-lines > .fold:nth-of-type(2) summary")
	b.until(`document.querySelectorAll(".fold-lines .line").length > 100`)
	b.until(`[...document.querySelectorAll(".fold-lines .line")].every((line) => line.querySelector(".line-no").textContent !== "")`)

	// Side by side, a choice that is remembered. Both versions can be copied.
	b.reach(`.diff-bar .seg button:nth-child(2)`)
	b.until(`document.querySelectorAll(".diff-sides thead th").length === 2`)
	b.texts(".diff-sides thead th").are("Version 1", "Version 2")
	b.texts(".diff-sides td:first-child mark").are("rule", "everybody", "正确", "قصيرة")
	b.sound()
	b.catchCopies()
	second, err := s.db.Modes.Get(t.Context(), s.acme.ID, "long")
	require.NoError(t, err)
	for i, m := range []modes.Mode{first.Mode, second.Mode} {
		copied := b.copied(fmt.Sprintf(`.diff-copies button:nth-child(%d)`, i+1))
		require.Zero(t, strings.Compare(string(modes.WriteYAMLMode(m)), copied+"\n"), "all of it is copied, the folded lines too")
	}
	b.open("/orgs/acme/modes/long/history?from=1&to=2")
	b.until(`document.querySelector(".diff-sides")`)

	// A narrow window has one column instead of two, and nothing is cut off.
	b.until(`document.querySelector(".compare [name=from]").value === "1"`)
	b.window(320, 640, "light")
	b.until(`!document.querySelector(".diff-sides") && document.querySelector(".diff-bar .seg").hidden`)
	b.fits()
	b.until(`[...document.querySelectorAll(".line-text")].every((text) => text.scrollWidth <= text.clientWidth)`, "long lines wrap")
	b.sound()
	s.readerHas("7. A custom that nobody")
}

func TestComparisonOfAnOverrideWithTheBuiltin(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("code", "Our code", func(m *modes.Mode) { m.Config.CustomInstructions = "Ours." })
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes/code/edit")
	b.click("#side-builtin summary")
	b.text("#side-builtin .diff-lines").has("added: customInstructions: Ours.")
	b.fill("#field-customInstructions", "Ours, by now.")
	b.checked("1 change")
	b.until(`document.querySelector("#side-builtin").open && document.querySelector("#side-builtin .diff-lines").innerText.includes("Ours, by now.")`)
	b.texts("#changes-title ~ * .added mark, section[aria-labelledby=changes-title] > yaml-diff .added mark").are(", by now")
	b.sound()
	b.follow("#save")
	s.readerHas("Ours, by now.")
}
