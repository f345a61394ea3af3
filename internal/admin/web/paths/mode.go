// Package paths knows how pages are addressed that other groups of pages lead to.
package paths

import (
	"net/url"
	"slices"
)

// below are the names of pages below /modes: a mode with such a slug is named by
// its id.
var below = []string{"live", "export", "import", "new", "order", "deleted", "deletions", "restorations", "diff", "drafts", "preview"}

// Mode is how a mode is named below /modes/; id is empty for a built-in one.
func Mode(slug, id string) string {
	if id != "" && slices.Contains(below, slug) {
		return id
	}
	return url.PathEscape(slug)
}
