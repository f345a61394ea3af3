// Package importer is the pages on which files of modes are imported: what would change,
// with a choice for each mode, and what came of it.
package importer

import (
	"context"
	"embed"

	"github.com/google/uuid"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
	"orgmodes/internal/upload"
)

// HTML is the templates of the pages.
//
//go:embed html
var HTML embed.FS

// Pages are the pages of an import.
type Pages struct {
	*shell.Shell
	// Builtins are the modes that every editor has.
	Builtins []modes.Mode
	// readModes parses what an import brings, and packBrought compresses it for the next
	// request: tests count them.
	readModes   func(context.Context, *postgres.DB, uuid.UUID, []upload.File) (planner, error)
	packBrought func([]upload.File) (string, error)
}

// New makes the pages; builtins are the modes that every editor has.
func New(s *shell.Shell, builtins []modes.Mode) *Pages {
	return &Pages{Shell: s, Builtins: builtins, readModes: readModes, packBrought: packBrought}
}
