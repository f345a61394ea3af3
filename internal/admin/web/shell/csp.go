package shell

import (
	"crypto/rand"
	"strings"
)

// newNonce returns a random nonce for one response. It marks the page's own scripts and
// styles.
func newNonce() string { return rand.Text() }

// policy returns the Content-Security-Policy of pages. Scripts and styles need the nonce of
// this response; scripts with it can load others ('strict-dynamic'). Nothing else is loaded
// from or sent to other origins, and pages cannot be framed.
func policy(nonce string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'nonce-" + nonce + "' 'strict-dynamic'",
		"style-src 'nonce-" + nonce + "'",
		"img-src 'self'",
		"font-src 'self'",
		"connect-src 'self'",
		"manifest-src 'self'",
		"form-action 'self'",
		"base-uri 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}
