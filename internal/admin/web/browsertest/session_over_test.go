package browsertest

import (
	"testing"

	"orgmodes/internal/prove"
)

// A form that is sent after the session has ended comes back after signing in. It takes
// effect only when it is sent again.
func TestNothingIsLostWhenTheSessionIsOver(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	b := s.browser().as(s.owner)
	b.expect("status of 401")
	b.open("/orgs/acme/modes/deletions?mode=docs-writer")
	b.away()
	b.follow("[data-confirm]")
	b.text("main").has("your form is saved")
	b.sound()
	s.readerServes("docs-writer")

	b.fill("#field-email", "owner@acme.example")
	b.fill("#field-password", goodPassword)
	b.follow("button.primary")
	b.text("h1").is("Send it again?")
	b.pictures("send-again")
	s.readerServes("docs-writer") // nothing is done without asking
	b.follow("button.primary")
	b.text(".said").has("Docs writer is deleted")
	s.readerServes()
	b.quiet()
}

// The text that one user typed is shown to no other user of the same browser.
func TestWhatWasTypedIsShownToNobodyElse(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	b := s.browser().as(s.owner)
	b.expect("status of 401")
	b.open("/orgs/acme/modes/deletions?mode=docs-writer")
	b.away()
	b.follow("[data-confirm]")
	b.fill("#field-email", "admin@acme.example")
	b.fill("#field-password", goodPassword)
	b.follow("button.primary")
	b.text("h1").is("Modes")
	b.text(".said").has("belonged to another user and was discarded")
	s.readerServes("docs-writer")
}

// A page that was opened before the user signed in again has an outdated CSRF token.
func TestFormOfAnOlderSessionIsSentAgain(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	b := s.browser().as(s.owner)
	b.expect("status of 403")
	b.open("/orgs/acme/modes/deletions?mode=docs-writer")
	b.as(s.owner) // a new session
	b.follow("[data-confirm]")
	b.text("h1").is("Send it again?")
	s.readerServes("docs-writer")
	b.follow("button.primary")
	s.readerServes()
}

// Reordering by script leads to the sign-in form too, and returns to the list.
func TestReorderAfterTheSessionLeadsToSignIn(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("anna", "Anna")
	s.mode("bert", "Bert")
	b := s.browser().as(s.owner)
	b.expect("status of 401")
	b.open("/orgs/acme/modes")
	b.away()
	b.focus(`[data-order] > li:nth-child(2) summary`)
	b.leaving(func() { b.alt(keyUp) })
	b.path().is("/sign-in?return=%2Forgs%2Facme%2Fmodes")
	s.readerServes("anna", "bert")
}

// away ends all sessions, as if the user had been away for long. It first waits until a page
// with scripts is connected.
func (b *browser) away() {
	b.s.t.Helper()
	b.until(`!document.querySelector(".scripts") || document.querySelector("#connection[data-connection=live]")`)
	b.s.sql("DELETE FROM sessions")
}

// A script or a paste can put U+0000 into a text. The form comes back with everything in
// it, and is saved when it is sent again.
func TestFormThatCannotBeStoredComesBack(t *testing.T) {
	prove.Long(t)
	s := newSite(t)
	s.mode("docs-writer", "Docs writer")
	b := s.browser().as(s.owner)
	b.expect("status of 400")
	b.open("/orgs/acme/modes/docs-writer/edit")
	b.fill("#field-whenToUse", "When it is written")
	b.checked("1 change")
	b.js(`document.querySelector("#field-description").value = "Before\u0000after"`)
	b.follow("#save")
	b.text("h1").is("Send it again?")
	b.text("main").has("U+0000")
	b.untilNot(`document.querySelector("main").innerText.includes("session")`)
	b.js(`document.querySelector(".sent").open = true`)
	b.text(".sent").has("When it is written")
	b.text(".sent").has("Before\uFFFDafter")
	b.sound()
	b.pictures("cannot-be-stored")
	b.follow("button.primary")
	s.readerHas("When it is written")
	s.readerHas("Before\uFFFDafter")
}
