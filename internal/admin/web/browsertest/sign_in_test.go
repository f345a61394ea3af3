package browsertest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSignIn(t *testing.T) {
	s := newSite(t)
	polling := s.polling(s.editor)
	b := s.browser()
	b.open("/orgs/acme/modes?show=ours")
	require.Contains(t, b.path(), "/sign-in?return=")
	b.sound()
	b.shot("sign-in")

	b.focus("#field-email")
	b.keyboard("owner@acme.example" + keyTab + "wrong password")
	b.expect("the server responded with a status of 401")
	b.leaving(func() { b.keyboard(keyEnter) })
	require.Equal(t, "The email address or the password is wrong", b.text("#refused"))
	require.True(t, b.holds(`document.querySelector("#field-email").value === "owner@acme.example"`), "what was typed stays")
	require.True(t, b.holds(`document.querySelector("#field-password").value === ""`), "but not the password")
	b.sound()

	b.focus("#field-password")
	b.keyboard(goodPassword)
	b.leaving(func() { b.keyboard(keyEnter) })
	require.Equal(t, "/orgs/acme/modes?show=ours", b.path())
	require.Equal(t, "Modes", b.text("h1"))

	b.click(".account summary")
	b.follow(".account .menu-item")
	require.Equal(t, "/sign-in", b.path())
	b.open("/orgs/acme/modes")
	require.Contains(t, b.path(), "/sign-in")
	b.quiet()
	polling.unchanged()
}
