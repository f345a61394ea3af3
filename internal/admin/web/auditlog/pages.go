// Package auditlog serves the pages of the audit log: a filtered list of entries, one entry
// with its full diff, and the log as a file.
package auditlog

import (
	"embed"

	"orgmodes/internal/admin/web/shell"
)

// HTML holds the page templates.
//
//go:embed html
var HTML embed.FS

// Pages serves the pages of the audit log.
type Pages struct {
	*shell.Shell
	// fieldCache caches the names of the fields that each entry changed.
	fieldCache shell.Cache[entryKey, string]
}

// New returns the pages.
func New(s *shell.Shell) *Pages { return &Pages{Shell: s, fieldCache: newFieldCache()} }
