// Package publication is the page on what readers have of the library, and what can be done
// where they don't have all of it.
package publication

import (
	"embed"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/modes"
)

// HTML is the templates of the pages.
//
//go:embed html
var HTML embed.FS

// Pages are the page on publication and the line that other pages show of it.
type Pages struct {
	*shell.Shell
	// Builtins are the modes that every editor has.
	Builtins []modes.Mode
}

// New makes the pages; builtins are the modes that every editor has.
func New(s *shell.Shell, builtins []modes.Mode) *Pages { return &Pages{Shell: s, Builtins: builtins} }
