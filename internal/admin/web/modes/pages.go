// Package modes serves the pages of modes: the list, the editor with its draft in two views,
// history, deleted modes, and export.
package modes

import (
	"embed"
	"html/template"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/modes"
)

// HTML holds the templates of the pages.
//
//go:embed html
var HTML embed.FS

// Pages serves the pages of modes.
type Pages struct {
	*shell.Shell
	// Builtins are the modes that every editor has.
	Builtins []modes.Mode
	// Drafts stores the drafts of the editor.
	Drafts       *shell.Drafts
	summaryCache shell.Cache[versionKey, summary]
	rowCache     shell.Cache[rowKey, template.HTML]
	// versionSummaryCache caches the changes that versions made.
	versionSummaryCache shell.Cache[versionKey, versionSummary]
}

// New returns the pages; builtins are the modes that every editor has.
func New(s *shell.Shell, builtins []modes.Mode) *Pages {
	p := &Pages{Shell: s, Builtins: builtins, summaryCache: newSummaryCache(), rowCache: newRowCache(), versionSummaryCache: newVersionSummaryCache()}
	p.Drafts = shell.NewDrafts(s, modes.KindName, "/modes", p)
	return p
}
