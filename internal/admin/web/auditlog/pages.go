// Package auditlog is the pages of the audit log: entries by what they are about, one with
// its full difference, and the log as a file.
package auditlog

import (
	"embed"

	"orgmodes/internal/admin/web/shell"
)

// HTML is the templates of the pages.
//
//go:embed html
var HTML embed.FS

// Pages are the pages of the audit log.
type Pages struct {
	*shell.Shell
	// fieldsMade are the names of what entries say that changed.
	fieldsMade shell.Memory[auditKey, string]
}

// New makes the pages.
func New(s *shell.Shell) *Pages { return &Pages{Shell: s, fieldsMade: newFields()} }
