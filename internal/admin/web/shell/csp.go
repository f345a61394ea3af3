package shell

import (
	"crypto/rand"
	"strings"
)

// newNonce is for one answer: what carries it is ours.
func newNonce() string { return rand.Text() }

// policy is the Content-Security-Policy of pages. Scripts and styles run only
// with the nonce of this answer (scripts may bring others of ours along), and
// nothing is loaded from, sent to or framed by anybody else.
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
