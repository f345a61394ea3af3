// Package tokens is the pages of what editors and programs present: their list, new ones,
// revoking them, and how an editor is connected with one.
package tokens

import (
	"embed"
	"time"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/token"
)

// HTML is the templates of the pages.
//
//go:embed html
var HTML embed.FS

// Pages are the pages of tokens.
type Pages struct {
	*shell.Shell
	// Keys make the tokens.
	Keys *token.Keys
	// PublishWait is how long creating or revoking a token waits for readers to know of it.
	PublishWait time.Duration
}

// New makes the pages. Creating or revoking a token waits as long as wait for readers to
// know of it.
func New(s *shell.Shell, keys *token.Keys, wait time.Duration) *Pages {
	return &Pages{Shell: s, Keys: keys, PublishWait: wait}
}
