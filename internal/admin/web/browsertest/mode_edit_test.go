package browsertest

import (
	"testing"

	"orgmodes/internal/modes"
	"orgmodes/internal/prove"
)

// checked waits until the server has checked the draft and the bar shows the text bar.
func (b *browser) checked(bar string) {
	b.s.t.Helper()
	b.until(`document.querySelector("#bar").innerText.includes(` + quoted(bar) + `)`)
}

// trial waits until the trial of a pattern shows a result. The page gives up on a pattern
// after half a second. On a busy machine the worker may not even have started by then, so
// trial tries again.
func (b *browser) trial(result string) {
	b.s.t.Helper()
	b.until(`((shown) => {
		if (shown.includes("an editor would hang") && performance.now() - (window.tried ?? -Infinity) > 3000) {
			window.tried = performance.now();
			document.querySelector("#field-fileRegex-edit").dispatchEvent(new Event("input", { bubbles: true }));
		}
		return shown.includes(` + quoted(result) + `);
	})(document.querySelector("[data-results]").innerText)`)
}

func TestModeIsCreatedByForm(t *testing.T) {
	s := newSite(t)
	polling := s.polling(s.editor)
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes/new")
	b.sound()
	b.shot("mode-new")

	b.fill("#field-name", "Docs Writer à la carte")
	b.until(`document.querySelector("#field-slug").value === "docs-writer-a-la-carte"`, "the slug follows the name")
	b.fill("#field-slug", "docs-writer")
	b.fill("#field-name", "Docs writer")
	b.until(`document.querySelector("#field-slug").value === "docs-writer"`, "until somebody writes one")
	b.fill("#field-roleDefinition", "You write\nthe handbook.")
	b.fill("#field-description", "Keeps the handbook in step")
	b.reach("#tool-read")
	b.reach("#tool-edit")
	b.fill("#field-fileRegex-edit", `\.(md|mdx)$`)
	b.fill("#field-fileDescription-edit", "Markdown files only")
	b.trial("✓ README.mdx")
	b.trial("✗ src/main.go")
	b.fill("#field-whenToUse", "After a change")
	b.until(`document.querySelector("#side .note.warning")?.innerText.includes("glob")`)
	b.until(`document.querySelector("#field-fileRegex-edit-says")?.innerText.includes("glob")`)
	b.choose("#seen-by-roo-code")
	b.until(`document.querySelector("#seen-by-roo-code").checked && document.querySelector(".may")?.innerText.includes("only files matching")`)
	b.sound()
	b.shot("mode-new-filled")

	b.follow("#save")
	b.text(".said").has("Docs writer is created.")
	b.path().is("/orgs/acme/modes/docs-writer/edit")
	s.readerServes("docs-writer")
	polling.gets("slug: docs-writer")
	s.readerHas("fileRegex: \\.(md|mdx)$")
	s.readerHas("You write\n      the handbook.")
	b.until(`document.querySelector("#discard-draft").hidden`, "the draft ended with the save")
	b.sound()
}

// A failed check is retried without further typing.
func TestCheckThatFailedIsMadeAgain(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes/new")
	b.block("/orgs/acme/modes/new")
	b.fill("#field-roleDefinition", "You write the handbook.")
	b.seen("#bar-note", "no connection")
	b.block()
	b.seen("#weight", "Prompt about 6 tokens")
	b.untilNot(`document.querySelector("#bar-note").innerText.includes("no connection")`)
	b.expect("ERR_BLOCKED_BY_CLIENT")
}

// A late response to earlier input does not undo the user's choice.
func TestChosenEditorOutlivesALateAnswer(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes/new")
	b.js(`document.addEventListener("htmx:beforeOnLoad", (event) => {
		if (event.target.id !== "mode-form" || window.late) return;
		document.querySelector("#seen-by-roo-code").click();
		window.late = true;
	})`)
	b.fill("#field-name", "Docs writer")
	b.until(`window.late`)
	b.until(`document.querySelector(".facts")?.innerText.includes("Docs writer")`)
	b.until(`document.querySelector("#seen-by-roo-code").checked`)
	b.until(`new FormData(document.querySelector("#mode-form")).get("seen_by") === "roo-code"`)
	b.quiet()
}

func TestModeIsCreatedByKeyboardAlone(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	polling := s.polling(s.editor)
	b := s.browser().as(s.admin)
	b.open("/orgs/acme/modes")
	b.leaving(func() { b.keyboard("n") })
	b.tabTo("#field-name")
	b.keyboard("Reviewer" + keyTab + keyTab + "You review.")
	b.tabTo("#tool-read")
	b.keyboard(" ")
	b.until(`document.querySelector("#tool-read").checked`)
	b.leaving(func() { b.ctrl("s") })
	b.text(".said").has("Reviewer is created.")
	s.readerServes("reviewer")
	polling.gets("slug: reviewer")
	s.readerHas("roleDefinition: You review.")
	b.sound()
}

func TestModeIsCreatedByYAML(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	polling := s.polling(s.editor)
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes/new?view=yaml")
	b.until(`document.querySelector(".cm-content")`)
	b.sound()
	b.shot("mode-new-yaml")
	b.write("slug: reviewer\nname: Reviewer\ngroups:\n  - raed\nmyOwn: [1, 2]\n")
	b.until(`document.querySelector("#yaml-problems").innerText.includes("unknown group")`)
	b.until(`document.querySelector(".cm-lintRange-error, .cm-lint-marker-error")`)
	b.sound()
	b.shot("mode-new-yaml-mistakes")
	b.expect("status of 422")
	b.follow("#save")
	b.text(".mistakes").has("Role definition is required")
	b.text(".mistakes").has("Line 4:")
	b.until(`document.querySelector(".cm-content")`)
	b.sound()
	s.readerServes()

	b.write("slug: reviewer\nname: Reviewer\nroleDefinition: You review.\ngroups:\n  - read\nmyOwn: [1, 2]\n")
	b.checked("changes")
	b.until(`!document.querySelector("#yaml-problems li")`)
	// The form preserves fields that it doesn't know.
	b.click("#view-form")
	b.until(`document.querySelector("#field-name")?.value === "Reviewer"`)
	b.text("pre[aria-label='Other fields']").has("myOwn:")
	b.fill("#field-name", "Code reviewer")
	b.follow("#save")
	b.text(".said").has("Code reviewer is created.")
	s.readerServes("reviewer")
	polling.gets("name: Code reviewer")
	s.readerHas("myOwn:\n      - 1\n      - 2")
	b.quiet()
}

func TestBuiltinIsOverriddenAndReverted(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	polling := s.polling(s.editor)
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes/code")
	b.path().is("/orgs/acme/modes/code/edit")
	b.text("#bar").has("No changes")
	b.until(`document.querySelector("#field-slug").readOnly`)
	b.sound()
	b.shot("mode-built-in")
	b.fill("#field-customInstructions", "Follow our conventions.")
	b.checked("1 change")
	b.text("#side").has("against the built-in mode")
	b.follow("#save")
	b.text(".said").has("in place of the built-in mode")
	s.readerServes("code")
	s.readerHas("Follow our conventions.")
	polling.gets("Follow our conventions.")
	b.sound()

	b.follow(`.actions a[href*="deletions"]`)
	b.text("h1").is("Revert Code to built-in?")
	b.follow("[data-confirm]")
	s.readerServes()
	polling.loses("Follow our conventions.", "slug: code") // back to the built-in mode
	b.quiet()
}

func TestTwoEditOneMode(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer", func(m *modes.Mode) { m.Config.CustomInstructions = "One.\nTwo.\nThree." })
	polling := s.polling(s.editor)
	mine, theirs := s.browser().as(s.owner), s.browser().as(s.admin)
	mine.open("/orgs/acme/modes/docs-writer/edit")
	theirs.open("/orgs/acme/modes/docs-writer/edit")
	theirs.fill("#field-description", "What Ada says")
	theirs.fill("#field-customInstructions", "One.\nTwo, says Ada.\nThree.")
	theirs.follow("#save")
	s.readerHas("What Ada says")

	mine.fill("#field-description", "What Olive says")
	mine.until(`document.querySelector("#side").innerText.includes("against version 2, which")`)
	mine.expect("status of 409")
	mine.follow("#save")
	mine.text(".conflict h2").has("admin@acme.example saved version 2 while you were editing")
	mine.text(".conflict").has("changed the short description and the custom instructions")
	mine.texts(".diff-sides thead th").are("Theirs, version 2", "Yours")
	mine.sound()
	mine.shot("mode-conflict")
	s.readerHas("What Ada says")

	// Saving again shows the conflict again: nothing is overwritten by accident.
	mine.follow("#save")
	mine.text(".conflict h2").has("while you were editing")
	mine.follow("#resume")
	mine.until(`document.querySelector("#field-description").value === "What Olive says" && !document.querySelector(".conflict")`)
	mine.text("#side").has("against version 2")
	mine.fill("#field-customInstructions", "One.\nTwo, says Ada.\nThree.")
	mine.checked("1 change")
	mine.follow("#save")
	mine.text(".said").has("saved as version 3")
	s.readerHas("What Olive says")
	s.readerHas("Two, says Ada.")

	// The other user is at version 2: first they take the current version, then they insist
	// on theirs.
	theirs.fill("#field-description", "Ada again")
	theirs.expect("status of 409")
	theirs.follow("#save")
	theirs.follow("#take-theirs")
	theirs.until(`document.querySelector("#field-description").value === "What Olive says" && document.querySelector("#discard-draft").hidden`)
	mine.fill("#field-description", "Olive again")
	mine.follow("#save")
	theirs.fill("#field-description", "Ada insists")
	theirs.follow("#save")
	theirs.follow("#take-mine")
	s.readerHas("Ada insists")
	polling.gets("Ada insists")
	theirs.sound()

	// Deleted concurrently: the mode can be created again from the text in the editor.
	s.deleteMode("docs-writer")
	s.readerServes()
	mine.fill("#field-description", "Olive once more")
	mine.follow("#save")
	mine.text(".conflict h2").has("This mode was deleted while you were editing, by")
	mine.sound()
	mine.follow(".conflict .primary")
	s.readerServes("docs-writer")
	s.readerHas("Olive once more")
	mine.quiet()
	theirs.quiet()
}

func TestNothingTypedIsLost(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.fill("#field-name", "Unfinished")
	b.seen("#draft-state", "Draft saved")
	asked := b.acceptLeaving()
	b.open("/orgs/acme/modes")
	b.answered(asked, 0)
	b.seen(".row.own .titles", "Draft")
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.seen("#draft-note", "You are editing a draft, last changed just now")
	b.value("#field-name").is("Unfinished")
	b.sound()
	b.shot("mode-draft")

	// No one else sees the draft.
	b.as(s.admin)
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.value("#field-name").is("Docs writer")
	b.untilNot(`document.body.innerText.includes("Unfinished")`)
	b.as(s.owner)
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.value("#field-name").is("Unfinished")

	// The browser asks before the user leaves a draft that couldn't be stored. The draft is
	// stored once that is possible.
	b.expect("ERR_BLOCKED_BY_CLIENT")
	b.block("/orgs/acme/modes/drafts/*")
	b.fill("#field-description", "Lost")
	b.seen("#draft-state", "Not connected; your draft will be saved when you are")
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.answered(asked, 1)
	b.fill("#field-description", "Stored")
	b.seen("#draft-state", "Not connected")
	b.block()
	b.seen("#draft-state", "Draft saved")

	// The session has ended: after signing in, everything is still there.
	b.away()
	b.expect("status of 401")
	b.follow("#save")
	b.fill("#field-email", "owner@acme.example")
	b.fill("#field-password", goodPassword)
	b.follow("button.primary")
	b.text("h1").is("Send it again?")
	b.follow("button.primary")
	b.text(".said").has("Unfinished is saved as version 2.")
	b.until(`document.querySelector("#discard-draft").hidden`)
	s.readerHas("name: Unfinished")
	b.quiet()
}

// A draft of a mode is the same in every browser and in both views. No tab overwrites
// another one's draft without asking.
func TestDraftsOfModesAreKept(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	first, second := s.browser().as(s.owner), s.browser().as(s.owner)
	first.expect("status of 409")
	first.open("/orgs/acme/modes/new")
	first.fill("#field-name", "Docs writer")
	first.seen("#draft-state", "Draft saved")
	second.open("/orgs/acme/modes")
	second.texts(".begun .name").are("Docs writer")
	second.sound()
	second.shot("modes-begun")
	second.follow(".begun a")
	second.value("#field-name").is("Docs writer")
	second.value("#field-slug").is("docs-writer")
	second.click("#view-yaml")
	yamlShown(second)
	second.write("slug: docs-writer\nname: Docs writer\nroleDefinition: You write the handbook.\ngroups: []\n")
	second.seen("#draft-state", "Draft saved")
	second.open(second.path().now())
	second.value("#field-yaml").has("You write the handbook.")

	first.fill("#field-roleDefinition", "You write.")
	first.seen("#draft-note", "Another window has changed this draft")
	first.sound()
	first.shot("mode-draft-taken")
	first.follow("#draft-note button:nth-of-type(2)")
	first.value("#field-yaml").has("You write the handbook.")
	first.follow("#save")
	first.seen(".said", "Docs writer is created.")
	first.open("/orgs/acme/modes")
	first.untilNot(`document.querySelector(".begun")`)
	s.readerHas("You write the handbook.")

	// Drafts that replace a built-in mode work the same way. Typing the saved text again
	// ends a draft.
	first.open("/orgs/acme/modes/ask/edit")
	was := first.value("#field-description").now()
	first.fill("#field-description", "Answers")
	first.seen("#draft-state", "Draft saved")
	second.open("/orgs/acme/modes")
	second.texts(".row:has(.draft) .name").are("Ask")
	first.fill("#field-description", was)
	first.until(`document.querySelector("#discard-draft").hidden`)
	second.open("/orgs/acme/modes")
	second.untilNot(`document.querySelector(".row .draft")`)
	first.fill("#field-description", "Answers")
	first.seen("#draft-state", "Draft saved")
	first.follow("#discard-draft")
	first.seen(".said", "Draft discarded.")
	first.path().is("/orgs/acme/modes/ask/edit")
	first.value("#field-description").is(was)
	first.follow(".said button")
	first.seen(".said", "Draft restored.")
	first.value("#field-description").is("Answers")
	first.quiet()
}

func TestModeWithoutScripts(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().as(s.owner).withoutScripts()
	b.do(navigate(s.url + "/orgs/acme/modes/new"))
	b.fill("#field-name", "Reviewer")
	b.fill("#field-slug", "not a slug")
	b.fill("#field-roleDefinition", "You review.")
	b.expect("status of 422")
	b.click("#save")
	b.seen(".mistakes", "Mode slug must contain only letters, numbers, and hyphens")
	b.shot("mode-mistakes")
	b.fill("#field-slug", "reviewer")
	b.click("#view-yaml")
	b.seen("label#field-yaml-label", "The mode as YAML")
	b.until(`document.querySelector("#field-yaml").value.includes("roleDefinition: You review.")`)
	b.click("#view-form")
	b.seen("label[for=field-slug]", "Slug")
	b.click(".savebar .scriptless")
	b.seen("#side", "roleDefinition: You review.")
	b.click("#save")
	b.seen(".said", "Reviewer is created.")
	s.readerServes("reviewer")
	b.quiet()
}

func TestMemberLooksAtModes(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	b := s.browser().as(s.member)
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.text(".why").has("Only owners and admins can change the library")
	b.untilNot(`document.querySelector("#save")`)
	b.until(`document.querySelector("#field-name").readOnly`)
	b.sound()
	b.shot("mode-member")
	b.choose("#seen-by-roo-code")
	b.follow("#side form button")
	b.until(`document.querySelector("#seen-by-roo-code").checked`)
	b.follow(".seg a:nth-child(2)")
	b.until(`document.querySelector(".cm-content")`)
	b.until(`document.querySelector(".cm-content").getAttribute("aria-readonly") === "true"`)
	b.sound()
	// The server also refuses actions that the page doesn't offer.
	b.expect("status of 403")
	b.js(`document.querySelector("#mode-form").submit()`)
	b.until(`document.querySelector("h1")?.innerText === "Not allowed"`)
	s.readerHas("name: Docs writer")
}

func TestPatternThatNeverEndsIsStopped(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().as(s.owner)
	b.open("/orgs/acme/modes/new")
	b.js(`document.querySelector("#try-edit").value = "a".repeat(60) + "!"`)
	b.fill("#field-fileRegex-edit", `^(a+)+$`)
	b.until(`document.querySelector("[data-results]").innerText.includes("an editor would hang")`)
	b.fill("#field-fileRegex-edit", `^a`)
	b.trial("✓ aaa")
	b.fill("#field-fileRegex-edit", `^(a`)
	b.trial("Unterminated group")
	b.quiet()
}
