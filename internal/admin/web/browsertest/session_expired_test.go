package browsertest

import (
	"testing"

	"orgmodes/internal/prove"
)

// A form that is sent after the session has ended comes back after signing in. It takes
// effect only when it is sent again.
func TestFormSentAfterSessionEndIsRestored(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	b := s.browser().signIn(s.owner)
	b.expectConsole("status of 401")
	b.open("/orgs/acme/modes/deletions?mode=docs-writer")
	b.expireSessions()
	b.clickAndNavigate("[data-confirm]")
	b.text("main").has("your form is saved")
	b.checkA11yAndConsole()
	s.readerServes("docs-writer")

	b.fill("#field-email", "owner@acme.example")
	b.fill("#field-password", testPassword)
	b.clickAndNavigate("button.primary")
	b.text("h1").is("Send it again?")
	b.checkAndScreenshot("send-again")
	s.readerServes("docs-writer") // nothing is done without asking
	b.clickAndNavigate("button.primary")
	b.text(".flash").has("Docs writer is deleted")
	s.readerServes()
	b.checkConsole()
}

// The text that one user typed is shown to no other user of the same browser.
func TestSavedFormIsHiddenFromOtherUsers(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	b := s.browser().signIn(s.owner)
	b.expectConsole("status of 401")
	b.open("/orgs/acme/modes/deletions?mode=docs-writer")
	b.expireSessions()
	b.clickAndNavigate("[data-confirm]")
	b.fill("#field-email", "admin@acme.example")
	b.fill("#field-password", testPassword)
	b.clickAndNavigate("button.primary")
	b.text("h1").is("Modes")
	b.text(".flash").has("belonged to another user and was discarded")
	s.readerServes("docs-writer")
}

// A page that was opened before the user signed in again has an outdated CSRF token.
func TestFormOfOlderSessionCanBeResubmitted(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	b := s.browser().signIn(s.owner)
	b.expectConsole("status of 403")
	b.open("/orgs/acme/modes/deletions?mode=docs-writer")
	b.signIn(s.owner) // a new session
	b.clickAndNavigate("[data-confirm]")
	b.text("h1").is("Send it again?")
	s.readerServes("docs-writer")
	b.clickAndNavigate("button.primary")
	s.readerServes()
}

// Reordering by script leads to the sign-in form too, and returns to the list.
func TestReorderAfterSessionEndLeadsToSignIn(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("anna", "Anna")
	s.createMode("bert", "Bert")
	b := s.browser().signIn(s.owner)
	b.expectConsole("status of 401")
	b.open("/orgs/acme/modes")
	b.expireSessions()
	b.focus(`[data-order] > li:nth-child(2) summary`)
	b.expectNavigation(func() { b.pressAlt(keyUp) })
	b.path().is("/sign-in?return=%2Forgs%2Facme%2Fmodes")
	s.readerServes("anna", "bert")
}

// expireSessions ends all sessions, as if the user had been away for long. It first waits
// until a page with scripts is connected.
func (b *browser) expireSessions() {
	b.s.t.Helper()
	b.waitFor(`!document.querySelector(".scripts") || document.querySelector("#connection[data-connection=live]")`)
	b.s.execSQL("DELETE FROM sessions")
}

// A script or a paste can put U+0000 into a text. The form comes back with everything in
// it, and is saved when it is sent again.
func TestUnstorableFormCanBeResubmitted(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.createMode("docs-writer", "Docs writer")
	b := s.browser().signIn(s.owner)
	b.expectConsole("status of 400")
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.fill("#field-whenToUse", "When it is written")
	b.waitForCheck("1 change")
	b.js(`document.querySelector("#field-description").value = "Before\u0000after"`)
	b.clickAndNavigate("#save")
	b.text("h1").is("Send it again?")
	b.text("main").has("U+0000")
	b.waitForNot(`document.querySelector("main").innerText.includes("session")`)
	b.js(`document.querySelector(".submitted-values").open = true`)
	b.text(".submitted-values").has("When it is written")
	b.text(".submitted-values").has("Before\uFFFDafter")
	b.checkA11yAndConsole()
	b.checkAndScreenshot("cannot-be-stored")
	b.clickAndNavigate("button.primary")
	s.readerHas("When it is written")
	s.readerHas("Before\uFFFDafter")
}
