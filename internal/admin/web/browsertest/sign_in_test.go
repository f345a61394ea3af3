package browsertest

import (
	"testing"
)

func TestSignIn(t *testing.T) {
	s := newSite(t)
	polling := s.polling(s.editor)
	b := s.browser()
	b.open("/orgs/acme/modes?show=ours")
	b.path().has("/sign-in?return=")
	b.sound()
	b.shot("sign-in")

	b.focus("#field-email")
	b.keyboard("owner@acme.example" + keyTab + "wrong password")
	b.expect("the server responded with a status of 401")
	b.leaving(func() { b.keyboard(keyEnter) })
	b.text("#refused").is("Incorrect email address or password")
	b.until(`document.querySelector("#field-email").value === "owner@acme.example"`, "what was typed stays")
	b.until(`document.querySelector("#field-password").value === ""`, "but not the password")
	b.sound()

	b.focus("#field-password")
	b.keyboard(goodPassword)
	b.leaving(func() { b.keyboard(keyEnter) })
	b.path().is("/orgs/acme/modes?show=ours")
	b.text("h1").is("Modes")

	b.click(".account summary")
	b.follow(".account .menu-item")
	b.path().is("/sign-in")
	b.open("/orgs/acme/modes")
	b.path().has("/sign-in")
	b.quiet()
	polling.unchanged()
}
