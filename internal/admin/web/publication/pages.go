// Package publication serves the page that shows which state of the library readers have.
// The page also has the actions for when they don't have all of it.
package publication

import (
	"embed"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/modes"
)

// HTML holds the page templates.
//
//go:embed html
var HTML embed.FS

// Pages serves the page on publication, and the publication line of other pages.
type Pages struct {
	*shell.Shell
	// Builtins are the modes that every editor has.
	Builtins []modes.Mode
}

// New returns the pages. builtins are the modes that every editor has.
func New(s *shell.Shell, builtins []modes.Mode) *Pages { return &Pages{Shell: s, Builtins: builtins} }
