package shell

import (
	"strings"

	"orgmodes/internal/access"
)

// Group is a group of pages in the sidebar. Its text is the heading.
type Group string

// The groups, in the order in which the sidebar shows them.
const (
	// Library is the group of the pages about objects, their history and their publication.
	Library Group = "Library"
	// Administration is the group of the pages about access to the organization.
	Administration Group = "Administration"
)

// sidebarPage is a page in the sidebar; see Routes.Nav.
type sidebarPage struct {
	group            Group
	name, icon, path string
	requires         access.Request
	// count returns the number shown next to the entry; nil if there is none.
	count func(*Request) (n int, ok bool)
}

// SidebarGroup is a group of the sidebar, as shown to a visitor.
type SidebarGroup struct {
	// Name is the heading.
	Name string
	// Entries are the pages of the group; there is at least one.
	Entries []SidebarEntry
}

// SidebarEntry is a page in the sidebar, as shown to a visitor.
type SidebarEntry struct {
	// Name is the text, Icon the name of one of the icons of the shell's templates, and Path
	// the address to which the entry links.
	Name, Icon, Path string
	// Current is the value of aria-current: "page" for the current page, "true" for an
	// ancestor of it, "" for any other.
	Current string
	// May is the decision on whether the visitor is allowed to see the page. If not, the
	// entry is disabled with the reason.
	May access.Decision
	// Count is the number shown next to the entry, such as the number of modes. It is shown
	// only if Counted is true; see Route.WithCount.
	Count   int
	Counted bool
}

// sidebar returns the groups of the sidebar. Pages that the visitor is not allowed to see are
// listed with the reason.
func (v *Request) sidebar() []SidebarGroup {
	var out []SidebarGroup
	for _, g := range []Group{Library, Administration} {
		list := SidebarGroup{Name: string(g)}
		for _, e := range v.shell.sidebar {
			if e.group != g {
				continue
			}
			r := SidebarEntry{Name: e.name, Icon: e.icon, Path: v.Address(e.path), May: v.May(e.requires)}
			if e.count != nil && r.May.Allowed {
				r.Count, r.Counted = e.count(v)
			}
			switch here := v.Path(); {
			case here == r.Path:
				r.Current = "page"
			case strings.HasPrefix(here, r.Path+"/"):
				r.Current = "true"
			}
			list.Entries = append(list.Entries, r)
		}
		if len(list.Entries) > 0 {
			out = append(out, list)
		}
	}
	return out
}

// SidebarCounts serves the page /rail of an organization: the entries of the sidebar, without
// the layout. When the library changes, scripts in open pages read the counts from it.
func (s *Shell) SidebarCounts(v *Request) error { return v.Part("palette", "sidebar-nav", nil) }
