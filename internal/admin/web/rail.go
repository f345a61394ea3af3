package web

import (
	"strings"

	"orgmodes/internal/access"
)

// group is a part of the rail.
type group string

// The groups, in their order.
const (
	library        group = "Library"
	administration group = "Administration"
)

// entry is one page in the rail. Routes makes them.
type entry struct {
	group            group
	name, icon, path string
	needs            access.Request
}

// railGroup and railEntry are what the template sees.
type railGroup struct {
	Name    string
	Entries []railEntry
}

type railEntry struct {
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
func (v *visit) rail() []railGroup {
	var out []railGroup
	for _, g := range []group{library, administration} {
		list := railGroup{Name: string(g)}
		for _, e := range v.w.rail {
			if e.group != g {
				continue
			}
			r := railEntry{Name: e.name, Icon: e.icon, Path: v.path(e.path), May: v.may(e.needs)}
			if e.path == "/modes" && r.May.Allowed {
				r.Count, r.Counted = v.modesCounted()
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

// modesCounted is how many modes editors get. A failure has a page with a rail
// too: where they can't be counted, nothing is said.
func (v *visit) modesCounted() (n int, ok bool) {
	own, err := v.w.DB.CountModesBeside(v.UserContext(), v.org.ID, v.w.Builtins)
	return own + len(v.w.Builtins), err == nil
}

// railCounts is the rail alone, for pages that are open while the library
// changes: they take the numbers.
func (w *Web) railCounts(v *visit) error { return v.part("modes", "rail-nav", nil) }
