package auth

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// A device cookie marks a browser from which a user has signed in before. It grants no
// access. Wrong passwords from a known device are counted for that device alone, so
// that strangers can't lock its owner out (OWASP, "Slow Down Online Guessing Attacks
// with Device Cookies").
//
// Its value is "<kid>.<nonce>.<mac>", where mac authenticates the nonce with the
// account's address.

// deviceLifetime is how long a device stays known; browsers allow 400 days.
const deviceLifetime = 365 * 24 * time.Hour

const purposeDevice = "device"

// deviceCookieName returns the name of the cookie.
func (g *Authenticator) deviceCookieName() string { return g.cookieName() + "-device" }

// knownDevice returns the nonce of a device that is known for an account; "" for any other.
func (g *Authenticator) knownDevice(c *fiber.Ctx, email string) string {
	kid, rest, _ := strings.Cut(c.Cookies(g.deviceCookieName()), ".")
	nonce, mac, _ := strings.Cut(rest, ".")
	raw, err := base64.RawURLEncoding.DecodeString(mac)
	if nonce == "" || err != nil || !g.keys.VerifySignature(kid, purposeDevice, nonce+"\x00"+email, raw) {
		return ""
	}
	return nonce
}

// setDeviceCookie sets the cookie that makes the device known for an account.
func (g *Authenticator) setDeviceCookie(c *fiber.Ctx, email string) {
	nonce := rand.Text()
	kid, mac := g.keys.Sign(purposeDevice, nonce+"\x00"+email)
	value := kid + "." + nonce + "." + base64.RawURLEncoding.EncodeToString(mac[:])
	g.setCookie(c, g.deviceCookieName(), value, time.Now().Add(deviceLifetime))
}
