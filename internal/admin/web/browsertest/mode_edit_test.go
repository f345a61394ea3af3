package browsertest

import (
	"testing"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

// waitForCheck waits until the server has checked the draft and the bar shows the text bar.
func (b *browser) waitForCheck(bar string) {
	b.s.t.Helper()
	b.waitFor(`document.querySelector("#bar").innerText.includes(` + quoteJS(bar) + `)`)
}

// waitForPatternResult waits until the pattern tester shows a result. The page gives up on
// a pattern after half a second. On a busy machine the worker may not even have started by
// then, so waitForPatternResult tries again.
func (b *browser) waitForPatternResult(result string) {
	b.s.t.Helper()
	b.waitFor(`((shown) => {
		if (shown.includes("an editor would hang") && performance.now() - (window.tried ?? -Infinity) > 3000) {
			window.tried = performance.now();
			document.querySelector("#field-fileRegex-edit").dispatchEvent(new Event("input", { bubbles: true }));
		}
		return shown.includes(` + quoteJS(result) + `);
	})(document.querySelector("[data-results]").innerText)`)
}

func TestModeIsCreatedByForm(t *testing.T) {
	s := newSite(t)
	polling := s.pollingEditor(s.editorToken)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/new")
	b.checkA11yAndConsole()
	b.screenshot("mode-new")

	b.fill("#field-name", "Docs Writer à la carte")
	b.waitFor(`document.querySelector("#field-slug").value === "docs-writer-a-la-carte"`, "the slug follows the name")
	b.fill("#field-slug", "docs-writer")
	b.fill("#field-name", "Docs writer")
	b.waitFor(`document.querySelector("#field-slug").value === "docs-writer"`, "until somebody writes one")
	b.fill("#field-roleDefinition", "You write\nthe handbook.")
	b.fill("#field-description", "Keeps the handbook in step")
	b.scrollAndClick("#tool-read")
	b.scrollAndClick("#tool-edit")
	b.fill("#field-fileRegex-edit", `\.(md|mdx)$`)
	b.fill("#field-fileDescription-edit", "Markdown files only")
	b.waitForPatternResult("✓ README.mdx")
	b.waitForPatternResult("✗ src/main.go")
	b.fill("#field-whenToUse", "After a change")
	b.waitFor(`document.querySelector("#side .note.warning")?.innerText.includes("glob")`)
	b.waitFor(`document.querySelector("#field-fileRegex-edit-messages")?.innerText.includes("glob")`)
	b.selectRadio("#seen-by-roo-code")
	b.waitFor(`document.querySelector("#seen-by-roo-code").checked && document.querySelector(".permissions")?.innerText.includes("only files matching")`)
	b.checkA11yAndConsole()
	b.screenshot("mode-new-filled")

	b.clickAndNavigate("#save")
	b.text(".flash").has("Docs writer is created.")
	b.path().is("/orgs/acme/modes/docs-writer/edit")
	s.readerServes("docs-writer")
	polling.waitForText("slug: docs-writer")
	s.readerHas("fileRegex: \\.(md|mdx)$")
	s.readerHas("You write\n      the handbook.")
	b.waitFor(`document.querySelector("#discard-draft").hidden`, "the draft ended with the save")
	b.checkA11yAndConsole()
}

// A failed check is retried without further typing.
func TestFailedCheckIsRetried(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/new")
	b.block("/orgs/acme/modes/new")
	b.fill("#field-roleDefinition", "You write the handbook.")
	b.waitForText("#bar-note", "no connection")
	b.block()
	b.waitForText("#prompt-size", "Prompt about 6 tokens")
	b.waitForNot(`document.querySelector("#bar-note").innerText.includes("no connection")`)
	b.expectConsole("ERR_BLOCKED_BY_CLIENT")
}

// A late response to earlier input does not undo the user's choice.
func TestLateResponseKeepsSelectedEditor(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/new")
	b.js(`document.addEventListener("htmx:beforeOnLoad", (event) => {
		if (event.target.id !== "mode-form" || window.late) return;
		document.querySelector("#seen-by-roo-code").click();
		window.late = true;
	})`)
	b.fill("#field-name", "Docs writer")
	b.waitFor(`window.late`)
	b.waitFor(`document.querySelector(".facts")?.innerText.includes("Docs writer")`)
	b.waitFor(`document.querySelector("#seen-by-roo-code").checked`)
	b.waitFor(`new FormData(document.querySelector("#mode-form")).get("seen_by") === "roo-code"`)
	b.checkConsole()
}

func TestModeIsCreatedByKeyboard(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	polling := s.pollingEditor(s.editorToken)
	b := s.browser().signIn(s.admin)
	b.open("/orgs/acme/modes")
	b.expectNavigation(func() { b.typeKeys("n") })
	b.tabTo("#field-name")
	b.typeKeys("Reviewer" + keyTab + keyTab + "You review.")
	b.tabTo("#tool-read")
	b.typeKeys(" ")
	b.waitFor(`document.querySelector("#tool-read").checked`)
	b.expectNavigation(func() { b.pressCtrl("s") })
	b.text(".flash").has("Reviewer is created.")
	s.readerServes("reviewer")
	polling.waitForText("slug: reviewer")
	s.readerHas("roleDefinition: You review.")
	b.checkA11yAndConsole()
}

func TestModeIsCreatedByYAML(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	polling := s.pollingEditor(s.editorToken)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/new?view=yaml")
	b.waitFor(`document.querySelector(".cm-content")`)
	b.checkA11yAndConsole()
	b.screenshot("mode-new-yaml")
	b.setYAML("slug: reviewer\nname: Reviewer\ngroups:\n  - raed\nmyOwn: [1, 2]\n")
	b.waitFor(`document.querySelector("#yaml-problems").innerText.includes("unknown group")`)
	b.waitFor(`document.querySelector(".cm-lintRange-error, .cm-lint-marker-error")`)
	b.checkA11yAndConsole()
	b.screenshot("mode-new-yaml-mistakes")
	b.expectConsole("status of 422")
	b.clickAndNavigate("#save")
	b.text(".error-summary").has("Role definition is required")
	b.text(".error-summary").has("Line 4:")
	b.waitFor(`document.querySelector(".cm-content")`)
	b.checkA11yAndConsole()
	s.readerServes()

	b.setYAML("slug: reviewer\nname: Reviewer\nroleDefinition: You review.\ngroups:\n  - read\nmyOwn: [1, 2]\n")
	b.waitForCheck("changes")
	b.waitFor(`!document.querySelector("#yaml-problems li")`)
	// The form preserves fields that it doesn't know.
	b.click("#view-form")
	b.waitFor(`document.querySelector("#field-name")?.value === "Reviewer"`)
	b.text("pre[aria-label='Other fields']").has("myOwn:")
	b.fill("#field-name", "Code reviewer")
	b.clickAndNavigate("#save")
	b.text(".flash").has("Code reviewer is created.")
	s.readerServes("reviewer")
	polling.waitForText("name: Code reviewer")
	s.readerHas("myOwn:\n      - 1\n      - 2")
	b.checkConsole()
}

func TestConcurrentEditsConflict(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer", func(m *modes.Mode) { m.Config.CustomInstructions = "One.\nTwo.\nThree." })
	polling := s.pollingEditor(s.editorToken)
	mine, theirs := s.browser().signIn(s.owner), s.browser().signIn(s.admin)
	mine.open("/orgs/acme/modes/docs-writer/edit")
	theirs.open("/orgs/acme/modes/docs-writer/edit")
	theirs.fill("#field-description", "What Ada says")
	theirs.fill("#field-customInstructions", "One.\nTwo, says Ada.\nThree.")
	theirs.clickAndNavigate("#save")
	s.readerHas("What Ada says")

	mine.fill("#field-description", "What Olive says")
	mine.waitFor(`document.querySelector("#side").innerText.includes("against version 2, which")`)
	mine.expectConsole("status of 409")
	mine.clickAndNavigate("#save")
	mine.text(".conflict h2").has("admin@acme.example saved version 2 while you were editing")
	mine.text(".conflict").has("changed the short description and the custom instructions")
	mine.texts(".diff-sides thead th").are("Theirs, version 2", "Yours")
	mine.checkA11yAndConsole()
	mine.screenshot("mode-conflict")
	s.readerHas("What Ada says")

	// Saving again shows the conflict again: nothing is overwritten by accident.
	mine.clickAndNavigate("#save")
	mine.text(".conflict h2").has("while you were editing")
	mine.clickAndNavigate("#resume")
	mine.waitFor(`document.querySelector("#field-description").value === "What Olive says" && !document.querySelector(".conflict")`)
	mine.text("#side").has("against version 2")
	mine.fill("#field-customInstructions", "One.\nTwo, says Ada.\nThree.")
	mine.waitForCheck("1 change")
	mine.clickAndNavigate("#save")
	mine.text(".flash").has("saved as version 3")
	s.readerHas("What Olive says")
	s.readerHas("Two, says Ada.")

	// The other user is at version 2: first they take the current version, then they insist
	// on theirs.
	theirs.fill("#field-description", "Ada again")
	theirs.expectConsole("status of 409")
	theirs.clickAndNavigate("#save")
	theirs.clickAndNavigate("#take-theirs")
	theirs.waitFor(`document.querySelector("#field-description").value === "What Olive says" && document.querySelector("#discard-draft").hidden`)
	mine.fill("#field-description", "Olive again")
	mine.clickAndNavigate("#save")
	theirs.fill("#field-description", "Ada insists")
	theirs.clickAndNavigate("#save")
	theirs.clickAndNavigate("#take-mine")
	s.readerHas("Ada insists")
	polling.waitForText("Ada insists")
	theirs.checkA11yAndConsole()

	// Deleted concurrently: the mode can be created again from the text in the editor.
	s.deleteMode("docs-writer")
	s.readerServes()
	mine.fill("#field-description", "Olive once more")
	mine.clickAndNavigate("#save")
	mine.text(".conflict h2").has("This mode was deleted while you were editing, by")
	mine.checkA11yAndConsole()
	mine.clickAndNavigate(".conflict .primary")
	s.readerServes("docs-writer")
	s.readerHas("Olive once more")
	mine.checkConsole()
	theirs.checkConsole()
}

func TestUnsavedInputIsStoredAsDraft(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.fill("#field-name", "Unfinished")
	b.waitForText("#draft-state", "Draft saved")
	asked := b.acceptLeaveDialogs()
	b.open("/orgs/acme/modes")
	b.waitForLeaveDialogs(asked, 0)
	b.waitForText(".row.own .titles", "Draft")
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.waitForText("#draft-note", "You are editing a draft, last changed just now")
	b.value("#field-name").is("Unfinished")
	b.checkA11yAndConsole()
	b.screenshot("mode-draft")

	// No one else sees the draft.
	b.signIn(s.admin)
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.value("#field-name").is("Docs writer")
	b.waitForNot(`document.body.innerText.includes("Unfinished")`)
	b.signIn(s.owner)
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.value("#field-name").is("Unfinished")

	// The browser asks before the user leaves a draft that couldn't be stored. The draft is
	// stored once that is possible.
	b.expectConsole("ERR_BLOCKED_BY_CLIENT")
	b.block("/orgs/acme/modes/drafts/*")
	b.fill("#field-description", "Lost")
	b.waitForText("#draft-state", "Not connected; your draft will be saved when you are")
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.waitForLeaveDialogs(asked, 1)
	b.fill("#field-description", "Stored")
	b.waitForText("#draft-state", "Not connected")
	b.block()
	b.waitForText("#draft-state", "Draft saved")

	// The session has ended: after signing in, everything is still there.
	b.expireSessions()
	b.expectConsole("status of 401")
	b.clickAndNavigate("#save")
	b.fill("#field-email", "owner@acme.example")
	b.fill("#field-password", testPassword)
	b.clickAndNavigate("button.primary")
	b.text("h1").is("Send it again?")
	b.clickAndNavigate("button.primary")
	b.text(".flash").has("Unfinished is saved as version 2.")
	b.waitFor(`document.querySelector("#discard-draft").hidden`)
	s.readerHas("name: Unfinished")
	b.checkConsole()
}

// A draft of a mode is the same in every browser and in both views. No tab overwrites
// another one's draft without asking.
func TestModeDraftsAreStored(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	first, second := s.browser().signIn(s.owner), s.browser().signIn(s.owner)
	first.expectConsole("status of 409")
	first.open("/orgs/acme/modes/new")
	first.fill("#field-name", "Docs writer")
	first.waitForText("#draft-state", "Draft saved")
	second.open("/orgs/acme/modes")
	second.texts(".unsaved-drafts .name").are("Docs writer")
	second.checkA11yAndConsole()
	second.screenshot("modes-begun")
	second.clickAndNavigate(".unsaved-drafts a")
	second.value("#field-name").is("Docs writer")
	second.value("#field-slug").is("docs-writer")
	second.click("#view-yaml")
	waitForYAMLEditor(second)
	second.setYAML("slug: docs-writer\nname: Docs writer\nroleDefinition: You write the handbook.\ngroups: []\n")
	second.waitForText("#draft-state", "Draft saved")
	second.open(second.path().current())
	second.value("#field-yaml").has("You write the handbook.")

	first.fill("#field-roleDefinition", "You write.")
	first.waitForText("#draft-note", "Another window has changed this draft")
	first.checkA11yAndConsole()
	first.screenshot("mode-draft-taken")
	first.clickAndNavigate("#draft-note button:nth-of-type(2)")
	first.value("#field-yaml").has("You write the handbook.")
	first.clickAndNavigate("#save")
	first.waitForText(".flash", "Docs writer is created.")
	first.open("/orgs/acme/modes")
	first.waitForNot(`document.querySelector(".unsaved-drafts")`)
	s.readerHas("You write the handbook.")

	// Drafts that replace a built-in mode work the same way. Typing the saved text again
	// ends a draft.
	first.open("/orgs/acme/modes/ask/edit")
	was := first.value("#field-description").current()
	first.fill("#field-description", "Answers")
	first.waitForText("#draft-state", "Draft saved")
	second.open("/orgs/acme/modes")
	second.texts(".row:has(.draft) .name").are("Ask")
	first.fill("#field-description", was)
	first.waitFor(`document.querySelector("#discard-draft").hidden`)
	second.open("/orgs/acme/modes")
	second.waitForNot(`document.querySelector(".row .draft")`)
	first.fill("#field-description", "Answers")
	first.waitForText("#draft-state", "Draft saved")
	first.clickAndNavigate("#discard-draft")
	first.waitForText(".flash", "Draft discarded.")
	first.path().is("/orgs/acme/modes/ask/edit")
	first.value("#field-description").is(was)
	first.clickAndNavigate(".flash button")
	first.waitForText(".flash", "Draft restored.")
	first.value("#field-description").is("Answers")
	first.checkConsole()
}

func TestModeWithoutScripts(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner).withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/modes/new"))
	b.fill("#field-name", "Reviewer")
	b.fill("#field-slug", "not a slug")
	b.fill("#field-roleDefinition", "You review.")
	b.expectConsole("status of 422")
	b.click("#save")
	b.waitForText(".error-summary", "Mode slug must contain only letters, numbers, and hyphens")
	b.screenshot("mode-mistakes")
	b.fill("#field-slug", "reviewer")
	b.click("#view-yaml")
	b.waitForText("label#field-yaml-label", "The mode as YAML")
	b.waitFor(`document.querySelector("#field-yaml").value.includes("roleDefinition: You review.")`)
	b.click("#view-form")
	b.waitForText("label[for=field-slug]", "Slug")
	b.click(".savebar .scriptless")
	b.waitForText("#side", "roleDefinition: You review.")
	b.click("#save")
	b.waitForText(".flash", "Reviewer is created.")
	s.readerServes("reviewer")
	b.checkConsole()
}

func TestMemberViewsModeReadOnly(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	b := s.browser().signIn(s.member)
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.text(".explanation").has("Only owners and admins can change the library")
	b.waitForNot(`document.querySelector("#save")`)
	b.waitFor(`document.querySelector("#field-name").readOnly`)
	b.checkA11yAndConsole()
	b.screenshot("mode-member")
	b.selectRadio("#seen-by-roo-code")
	b.clickAndNavigate("#side form button")
	b.waitFor(`document.querySelector("#seen-by-roo-code").checked`)
	b.clickAndNavigate(".segmented a:nth-child(2)")
	b.waitFor(`document.querySelector(".cm-content")`)
	b.waitFor(`document.querySelector(".cm-content").getAttribute("aria-readonly") === "true"`)
	b.checkA11yAndConsole()
	// The server also refuses actions that the page doesn't offer.
	b.expectConsole("status of 403")
	b.js(`document.querySelector("#mode-form").submit()`)
	b.waitFor(`document.querySelector("h1")?.innerText === "Not allowed"`)
	s.readerHas("name: Docs writer")
}

func TestRunawayPatternIsStopped(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/new")
	b.js(`document.querySelector("#try-edit").value = "a".repeat(60) + "!"`)
	b.fill("#field-fileRegex-edit", `^(a+)+$`)
	b.waitFor(`document.querySelector("[data-results]").innerText.includes("an editor would hang")`)
	b.fill("#field-fileRegex-edit", `^a`)
	b.waitForPatternResult("✓ aaa")
	b.fill("#field-fileRegex-edit", `^(a`)
	b.waitForPatternResult("Unterminated group")
	b.checkConsole()
}
