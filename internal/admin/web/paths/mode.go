// Package paths builds the addresses of pages that pages of other packages link to.
package paths

import (
	"net/url"
	"slices"
)

// reservedNames lists the names that are reserved for pages below /modes. A mode with such
// a slug is addressed by its id.
var reservedNames = []string{"live", "export", "import", "new", "order", "deleted", "deletions", "restorations", "diff", "drafts", "preview"}

// Mode returns the path segment that names a mode below /modes/. id is empty for a built-in
// mode.
func Mode(slug, id string) string {
	if id != "" && slices.Contains(reservedNames, slug) {
		return id
	}
	return url.PathEscape(slug)
}
