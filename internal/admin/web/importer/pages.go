// Package importer serves the pages on which files of modes are imported: the plan of the
// changes, with a choice for each mode, and the result.
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

// HTML holds the templates of the pages.
//
//go:embed html
var HTML embed.FS

// Pages serves the pages of an import.
type Pages struct {
	*shell.Shell
	// Builtins are the modes that every editor has.
	Builtins []modes.Mode
	// readModes parses an upload, and packUploads compresses it for the next request. They
	// are fields so that tests can count the calls.
	readModes   func(context.Context, *postgres.DB, uuid.UUID, []upload.File) (planner, error)
	packUploads func([]upload.File) (string, error)
}

// New returns the pages; builtins are the modes that every editor has.
func New(s *shell.Shell, builtins []modes.Mode) *Pages {
	return &Pages{Shell: s, Builtins: builtins, readModes: readModes, packUploads: packUploads}
}
