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

func TestComparisonNavigation(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	prompt := longPrompt()
	first := s.createMode("long", "Long", func(m *modes.Mode) { m.Config.CustomInstructions = prompt })
	s.updateMode("long", func(m *modes.Mode) {
		m.Config.CustomInstructions = strings.NewReplacer(
			"\n7. A rule that everybody", "\n7. A custom that nobody", "\n420. 先看正确性", "\n420. 先看安全性", "\n610. اكتب جملًا قصيرة", "\n610. اكتب جملًا طويلة",
		).Replace(prompt)
	})
	b := s.browser().signIn(s.member)
	b.open("/orgs/acme/modes/long/history?from=1&to=2")
	b.texts(".compared .removed mark").are("rule", "everybody", "正确", "قصيرة")
	b.texts(".compared .added mark").are("custom", "nobody", "安全", "طويلة")
	b.waitFor(`document.querySelector(".compared .added").textContent.includes("added: ")`, "not by color alone")
	b.waitFor(`document.querySelectorAll("yaml-diff *").length < 400`, "what is folded is one text")
	require.Less(t, b.transferredBytes(), int64(100<<10), "bytes of the first view")
	b.checkA11yAndConsole()

	// Step through the changes, by buttons and by keys.
	b.click(`[aria-label="Next change"]`)
	b.waitForAnnouncement("Change 1 of 3")
	b.focus(".diff-lines")
	b.typeKeys("j")
	b.waitFor(`document.querySelector(".diff-position").textContent === "2 of 3 changes" && document.querySelector(".line.current").textContent.includes("正确")`)
	b.typeKeys("k")
	b.typeKeys("k")
	b.waitFor(`document.querySelector(".diff-position").textContent === "3 of 3 changes"`)
	b.waitFor(`(() => { const at = document.querySelector(".line.current").getBoundingClientRect(); return at.top >= 0 && at.bottom <= innerHeight })()`)

	// Unchanged lines unfold on demand, with their numbers.
	b.text(".fold summary").has("unchanged lines")
	b.scrollAndClick(".diff-lines > .fold:nth-of-type(2) summary")
	b.waitFor(`document.querySelectorAll(".fold-lines .line").length > 100`)
	b.waitFor(`[...document.querySelectorAll(".fold-lines .line")].every((line) => line.querySelector(".line-no").textContent !== "")`)

	// Side by side, a choice that is remembered. Both versions can be copied.
	b.scrollAndClick(`.diff-bar .segmented button:nth-child(2)`)
	b.waitFor(`document.querySelectorAll(".diff-sides thead th").length === 2`)
	b.texts(".diff-sides thead th").are("Version 1", "Version 2")
	b.texts(".diff-sides td:first-child mark").are("rule", "everybody", "正确", "قصيرة")
	b.checkA11yAndConsole()
	b.captureClipboard()
	second, err := s.db.Modes.Get(t.Context(), s.acme.ID, "long")
	require.NoError(t, err)
	for i, m := range []modes.Mode{first.Mode, second.Mode} {
		copied := b.clickToCopy(fmt.Sprintf(`.diff-copies button:nth-child(%d)`, i+1))
		require.Zero(t, strings.Compare(string(modes.WriteYAMLMode(m)), copied+"\n"), "all of it is copied, the folded lines too")
	}
	b.open("/orgs/acme/modes/long/history?from=1&to=2")
	b.waitFor(`document.querySelector(".diff-sides")`)

	// A narrow window has one column instead of two, and nothing is cut off.
	b.waitFor(`document.querySelector(".compare [name=from]").value === "1"`)
	b.setWindow(320, 640, "light")
	b.waitFor(`!document.querySelector(".diff-sides") && document.querySelector(".diff-bar .segmented").hidden`)
	b.checkNoOverflow()
	b.waitFor(`[...document.querySelectorAll(".line-text")].every((text) => text.scrollWidth <= text.clientWidth)`, "long lines wrap")
	b.checkA11yAndConsole()
	s.readerHas("7. A custom that nobody")
}

func TestOverrideIsComparedWithBuiltin(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("code", "Our code", func(m *modes.Mode) { m.Config.CustomInstructions = "Ours." })
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/code/edit")
	b.click("#side-builtin summary")
	b.text("#side-builtin .diff-lines").has("added: customInstructions: Ours.")
	b.fill("#field-customInstructions", "Ours, by now.")
	b.waitForCheck("1 change")
	b.waitFor(`document.querySelector("#side-builtin").open && document.querySelector("#side-builtin .diff-lines").innerText.includes("Ours, by now.")`)
	b.texts("#changes-title ~ * .added mark, section[aria-labelledby=changes-title] > yaml-diff .added mark").are(", by now")
	b.checkA11yAndConsole()
	b.clickAndNavigate("#save")
	s.readerHas("Ours, by now.")
}
