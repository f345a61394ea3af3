package browsertest

import (
	"testing"
)

func TestSignIn(t *testing.T) {
	s := newSite(t)
	polling := s.pollingEditor(s.editorToken)
	b := s.browser()
	b.open("/orgs/acme/modes?show=ours")
	b.path().has("/sign-in?return=")
	b.checkA11yAndConsole()
	b.screenshot("sign-in")

	b.focus("#field-email")
	b.typeKeys("owner@acme.example" + keyTab + "wrong password")
	b.expectConsole("the server responded with a status of 401")
	b.expectNavigation(func() { b.typeKeys(keyEnter) })
	b.text("#refused").is("Incorrect email address or password")
	b.waitFor(`document.querySelector("#field-email").value === "owner@acme.example"`, "what was typed stays")
	b.waitFor(`document.querySelector("#field-password").value === ""`, "but not the password")
	b.checkA11yAndConsole()

	b.focus("#field-password")
	b.typeKeys(testPassword)
	b.expectNavigation(func() { b.typeKeys(keyEnter) })
	b.path().is("/orgs/acme/modes?show=ours")
	b.text("h1").is("Modes")

	b.click(".account summary")
	b.clickAndNavigate(".account .menu-item")
	b.path().is("/sign-in")
	b.open("/orgs/acme/modes")
	b.path().has("/sign-in")
	b.checkConsole()
	polling.checkNotModified()
}
