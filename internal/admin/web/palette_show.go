package web

import (
	"html/template"
	"strings"

	"orgmodes/internal/access"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// deed is something to be done that the palette lists: routes.go says which.
type deed struct {
	name, words, path string
	needs             access.Request
}

// place is somewhere to go, or something to do there. The palette finds it by its
// name and its other words.
type place struct {
	// Name is its name, or for a mode that of the mode; Verb stands before that:
	// "History of".
	Verb, Name string
	// Slug, Glyph and Icon are shown beside the name.
	Slug, Glyph, Icon string
	Words, Path       string
	// Asks says that it is asked about first, in a dialog where there are scripts.
	Asks bool
	May  access.Verdict
	// Below are what can be done with a mode beside looking at it.
	Below []place
	// key is all that a mode's place depends on; zero where it isn't to be remembered.
	key placeKey
}

// placeKey: the places of hundreds of modes take longer to make than everything else
// of the palette.
type placeKey struct {
	version         versionKey
	org, slug, name string
	may             access.Verdict
	below           string
}

func newPlaces() memory[placeKey, template.HTML] {
	return remember[placeKey](16<<20, func(p template.HTML) int { return len(p) })
}

// Placed is a place in the list.
func (s view) Placed(p place, kind string) (template.HTML, error) {
	made := s.v.w.placesMade
	if row, ok := made.get(p.key); ok {
		return row, nil
	}
	var b strings.Builder
	if err := s.v.w.templates["palette"].ExecuteTemplate(&b, "place-row", s.With(placed{p, kind})); err != nil {
		return "", err
	}
	row := template.HTML(b.String()) //nolint:gosec // by a template, for the same place
	if p.key != (placeKey{}) {
		made.put(p.key, row)
	}
	return row, nil
}

// Label is what it is called where the mode's name stands before it.
func (p place) Label() string { return strings.TrimSuffix(p.Verb, " of") }

// placed is a place with the kind of it, for a template.
type placed struct {
	Place place
	Kind  string
}

// places are those of one kind.
type places struct {
	Title, Kind string
	Places      []place
}

// paletteData is what the palette lists.
type paletteData struct{ Groups []places }

// paletteShow lists all there is to go to and to do: for the palette, and as a
// page for those without scripts. What the visitor may not do stands there with
// the reason; of what can be done with each mode only what they may.
func (w *Web) paletteShow(v *visit) error {
	all, _, revision, err := w.DB.ModeHeadsAt(v.UserContext(), v.org.ID, func(postgres.ModeHead) bool { return false })
	if err != nil {
		return err
	}
	v.org.Revision = revision
	pages, done := places{Title: "Pages", Kind: "Page"}, places{Title: "Actions", Kind: "Action"}
	for _, e := range w.rail {
		pages.Places = append(pages.Places, place{Name: e.name, Icon: e.icon, Path: v.path(e.path), May: v.may(e.needs)})
	}
	for _, a := range w.deeds {
		done.Places = append(done.Places, place{Name: a.name, Icon: "action", Words: a.words, Path: v.path(a.path), May: v.may(a.needs)})
	}
	d := paletteData{Groups: []places{pages, done}}
	if orgs := v.otherOrganizations(); len(orgs) > 0 {
		d.Groups = append(d.Groups, places{Title: "Other organizations", Kind: "Organization", Places: orgs})
	}
	d.Groups = append(d.Groups, places{Title: "Modes", Kind: "Mode", Places: v.modePlaces(all)})
	if v.hx() {
		return v.part("palette", "places", d)
	}
	return v.render("palette", page{Title: "Go to", Lead: "Every page, mode and action of " + v.org.Name + ".", Data: d})
}

func (v *visit) otherOrganizations() (out []place) {
	for _, m := range v.orgs {
		if m.ID != v.org.ID {
			out = append(out, place{
				Name: m.Name, Words: "switch to organization " + m.Slug, Path: "/orgs/" + m.Slug + "/modes",
				Glyph: initial(m.Name), May: access.Verdict{Allowed: true},
			})
		}
	}
	return out
}

// modePlaces are the modes that editors get, as the list of them has them.
func (v *visit) modePlaces(all []postgres.ModeHead) (out []place) {
	bySlug := map[string]postgres.ModeHead{}
	for _, m := range all {
		bySlug[modes.SlugKey(m.Slug)] = m
	}
	for _, b := range v.w.Builtins {
		m, overridden := bySlug[modes.SlugKey(b.Slug)]
		if !overridden {
			m = postgres.ModeHead{Slug: b.Slug, Name: b.Name}
		}
		out = append(out, v.modePlace(m, true, overridden))
	}
	for _, m := range all {
		if !v.w.isBuiltin(m.Slug) {
			out = append(out, v.modePlace(m, false, true))
		}
	}
	return out
}

// modePlace is a mode with what can be done with it: builtin says that it stands
// in the place of a built-in one, ours that it is the organization's.
func (v *visit) modePlace(m postgres.ModeHead, builtin, ours bool) place {
	row := rowOf(m.Slug, m.Name, summary{})
	id := ""
	if ours {
		id = m.ID.String()
	}
	ref := v.path("/modes/" + modeRef(m.Slug, id))
	p := place{
		Name: row.Label, Slug: m.Slug, Glyph: row.Glyph, Path: ref, May: v.may(v.w.pages["/modes/:mode"]),
	}
	p.key = placeKey{version: keyOf(m.ID, m.Version, m.UpdatedAt), org: v.org.Slug, slug: m.Slug, name: m.Name, may: p.May}
	below := func(verb, path, words string, asks bool, needs access.Request) {
		if may := v.may(needs); may.Allowed {
			p.key.below += verb + "\n"
			p.Below = append(p.Below, place{Verb: verb, Name: row.Label, Slug: m.Slug, Glyph: row.Glyph, Path: path, Words: words, Asks: asks, May: may})
		}
	}
	pages, slug := v.w.pages, m.Slug
	if ours {
		below("History of", ref+"/history", "versions", false, pages["/modes/:mode/history"])
	} else {
		below("Override", ref, "replace edit built-in", false, v.w.actions["/modes/:mode/edit"])
	}
	below("Duplicate", v.path("/modes/new?from="+slug), "copy", false, pages["/modes/new"])
	switch {
	case builtin && ours:
		below("Revert", v.path("/modes/deletions?mode="+slug), "to built-in delete remove", true, pages["/modes/deletions"])
	case ours:
		below("Delete", v.path("/modes/deletions?mode="+slug), "remove", true, pages["/modes/deletions"])
	}
	return p
}
