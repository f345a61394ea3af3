package browsertest

import (
	"testing"

	"orgmodes/internal/prove"
)

func TestBuiltinIsOverriddenAndReverted(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	polling := s.pollingEditor(s.editorToken)
	b := s.browser().signIn(s.owner)
	b.open("/orgs/acme/modes/code")
	b.path().is("/orgs/acme/modes/code/edit")
	b.text("#bar").has("No changes")
	b.waitFor(`document.querySelector("#field-slug").readOnly`)
	b.checkA11yAndConsole()
	b.screenshot("mode-built-in")
	b.text("#save").has("Override")
	b.attribute("#save", "aria-disabled").is("true")
	b.pressCtrl("s")
	b.click("#save")
	b.fill("#field-customInstructions", "Follow our conventions.")
	b.waitFor(`!document.querySelector("#save").hasAttribute("aria-disabled")`)
	b.waitForCheck("1 change")
	b.js(`{
		const field = document.querySelector("#field-customInstructions");
		field.value = "";
		field.dispatchEvent(new Event("input", { bubbles: true }));
	}`)
	b.waitForCheck("No changes")
	b.attribute("#save", "aria-disabled").is("true")
	s.readerServes()
	b.fill("#field-customInstructions", "Follow our conventions.")
	b.waitForCheck("1 change")
	b.text("#side").has("against the built-in mode")
	b.clickAndNavigate("#save")
	b.text(".flash").has("in place of the built-in mode")
	s.readerServes("code")
	s.readerHas("Follow our conventions.")
	polling.waitForText("Follow our conventions.")
	b.checkA11yAndConsole()

	b.clickAndNavigate(`.actions a[href*="deletions"]`)
	b.text("h1").is("Revert Code to built-in?")
	b.clickAndNavigate("[data-confirm]")
	s.readerServes()
	polling.waitForReplacement("Follow our conventions.", "slug: code") // back to the built-in mode
	b.checkConsole()
}

// Saving a built-in mode as it is would freeze it for everyone.
func TestUnchangedBuiltinIsNotOverridden(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	b := s.browser().signIn(s.owner).withoutScripts()
	for _, view := range []string{"", "?view=yaml"} {
		b.do(navigate(s.url + "/orgs/acme/modes/orchestrator/edit" + view))
		b.click("#save")
		b.waitForText(".flash", "Orchestrator has no changes, so nothing was saved.")
		b.path().is("/orgs/acme/modes/orchestrator/edit")
	}
	s.readerServes()
	b.checkConsole()
}
