package shell

import (
	"strings"

	"orgmodes/internal/access"
)

// Group is a group of pages in the sidebar.
type Group string

// The groups, in their order.
const (
	Library        Group = "Library"
	Administration Group = "Administration"
)

// entry is a page in the sidebar; see Routes.Menu.
type entry struct {
	group            Group
	name, icon, path string
	needs            access.Request
	// count returns the number shown next to the entry; nil if there is none.
	count func(*Visit) (n int, ok bool)
}

// RailGroup is a group of the sidebar, as shown to a visitor.
type RailGroup struct {
	Name    string
	Entries []RailEntry
}

// RailEntry is a page in the sidebar, as shown to a visitor.
type RailEntry struct {
	Name, Icon, Path string
	// Current is the value of aria-current: "page" for the current page, "true" for a page
	// above it.
	Current string
	May     access.Verdict
	// Count is the number shown next to the entry, if Counted.
	Count   int
	Counted bool
}

// rail returns the groups of the sidebar. Pages that the visitor is not allowed to see are
// listed with the reason.
func (v *Visit) rail() []RailGroup {
	var out []RailGroup
	for _, g := range []Group{Library, Administration} {
		list := RailGroup{Name: string(g)}
		for _, e := range v.shell.rail {
			if e.group != g {
				continue
			}
			r := RailEntry{Name: e.name, Icon: e.icon, Path: v.Address(e.path), May: v.May(e.needs)}
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

// RailCounts responds with the sidebar alone. Open pages take the counts from it when the
// library changes.
func (s *Shell) RailCounts(v *Visit) error { return v.Part("palette", "rail-nav", nil) }
