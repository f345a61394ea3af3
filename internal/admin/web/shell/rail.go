package shell

import (
	"strings"

	"orgmodes/internal/access"
)

// Group is a part of the rail.
type Group string

// The groups, in their order.
const (
	Library        Group = "Library"
	Administration Group = "Administration"
)

// entry is one page in the rail. Routes makes them.
type entry struct {
	group            Group
	name, icon, path string
	needs            access.Request
	// count is how many things there are behind it; nil where they aren't counted.
	count func(*Visit) (n int, ok bool)
}

// RailGroup is a part of the rail with its pages.
type RailGroup struct {
	Name    string
	Entries []RailEntry
}

// RailEntry is a page in the rail.
type RailEntry struct {
	Name, Icon, Path string
	// Current is "page" for the page itself, and "true" for one above it.
	Current string
	May     access.Verdict
	// Count is how many things there are behind it, where they are Counted.
	Count   int
	Counted bool
}

// rail lists the pages of the organization. What the visitor may not see stands
// there with the reason.
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

// RailCounts is the rail alone, for pages that are open while the library
// changes: they take the numbers.
func (s *Shell) RailCounts(v *Visit) error { return v.Part("palette", "rail-nav", nil) }
