// Package publication serves the page that shows which state of the library readers have.
// It also offers actions to use when readers are behind.
package publication

import (
	"embed"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/modes"
)

// HTML holds the page templates, for shell.Parse.
//
//go:embed html
var HTML embed.FS

// Pages serves the publication page, and the publication line of other pages.
type Pages struct {
	*shell.Shell
	// Builtins are the modes that every editor has. They count toward the number of modes
	// that the page shows.
	Builtins []modes.Mode
}

// New returns the pages. builtins are the modes that every editor has.
func New(s *shell.Shell, builtins []modes.Mode) *Pages { return &Pages{Shell: s, Builtins: builtins} }
