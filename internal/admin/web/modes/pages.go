// Package modes is the pages of modes: the list, the editor with its draft in two views,
// history, what was deleted, and export.
package modes

import (
	"embed"
	"html/template"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/modes"
)

// HTML is the templates of the pages.
//
//go:embed html
var HTML embed.FS

// Pages are the pages of modes.
type Pages struct {
	*shell.Shell
	// Builtins are the modes that every editor has.
	Builtins []modes.Mode
	// Drafts are those of the editor.
	Drafts    *shell.Drafts
	summaries shell.Memory[versionKey, summary]
	rowsMade  shell.Memory[rowKey, template.HTML]
	// stepsMade is what versions did.
	stepsMade shell.Memory[versionKey, stepMade]
}

// New makes the pages; builtins are the modes that every editor has.
func New(s *shell.Shell, builtins []modes.Mode) *Pages {
	p := &Pages{Shell: s, Builtins: builtins, summaries: newSummaries(), rowsMade: newRows(), stepsMade: newSteps()}
	p.Drafts = shell.NewDrafts(s, modes.KindName, "/modes", p)
	return p
}
