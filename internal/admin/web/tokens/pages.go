// Package tokens serves the pages of the access tokens that editors and programs present:
// the list, new tokens, revocation, and how to connect an editor.
package tokens

import (
	"embed"
	"time"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/token"
)

// HTML holds the page templates.
//
//go:embed html
var HTML embed.FS

// Pages serves the pages of tokens.
type Pages struct {
	*shell.Shell
	// Keys generates the tokens.
	Keys *token.Keys
	// PublishWait limits how long creating or revoking a token waits for readers to know
	// it.
	PublishWait time.Duration
}

// New returns the pages. Creating or revoking a token waits at most wait for readers to
// know it.
func New(s *shell.Shell, keys *token.Keys, wait time.Duration) *Pages {
	return &Pages{Shell: s, Keys: keys, PublishWait: wait}
}
