package shell

import (
	"html/template"
	"strings"

	"orgmodes/internal/access"
)

// deed is something to be done that the palette lists: routes.go says which.
type deed struct {
	name, words, path string
	needs             access.Request
}

// Place is somewhere to go, or something to do there. The palette finds it by its
// name and its other words.
type Place struct {
	// Name is its name, or for a mode that of the mode; Verb stands before that:
	// "History of".
	Verb, Name string
	// Slug, Glyph and Icon are shown beside the name.
	Slug, Glyph, Icon string
	Words, Path       string
	// Asks says that it is asked about first, in a dialog where there are scripts.
	Asks bool
	May  access.Verdict
	// Below are what can be done with it beside looking at it.
	Below []Place
	// Key is all that the place depends on, comparable; nil where its row isn't to be
	// remembered.
	Key any
}

// newPlaces remembers rows: those of hundreds of modes take longer to make than
// everything else of the palette.
func newPlaces() Memory[any, template.HTML] {
	return Remember[any](16<<20, func(p template.HTML) int { return len(p) })
}

// Placed is a place in the list.
func (s View) Placed(p Place, kind string) (template.HTML, error) {
	made := s.v.shell.places
	if p.Key == nil {
		return s.With(placed{p, kind}).Render("palette", "place-row")
	}
	if row, ok := made.Get(p.Key); ok {
		return row, nil
	}
	row, err := s.With(placed{p, kind}).Render("palette", "place-row")
	if err == nil {
		made.Put(p.Key, row)
	}
	return row, err
}

// Label is what it is called where the mode's name stands before it.
func (p Place) Label() string { return strings.TrimSuffix(p.Verb, " of") }

// placed is a place with the kind of it, for a template.
type placed struct {
	Place Place
	Kind  string
}

// Places are those of one kind.
type Places struct {
	Title, Kind string
	Places      []Place
}

// paletteData is what the palette lists.
type paletteData struct{ Groups []Places }

// Palette lists all there is to go to and to do: for the palette, and as a
// page for those without scripts. What the visitor may not do stands there with
// the reason; of what can be done with each mode only what they may.
func (s *Shell) Palette(v *Visit) error {
	pages, done := Places{Title: "Pages", Kind: "Page"}, Places{Title: "Actions", Kind: "Action"}
	for _, e := range s.rail {
		pages.Places = append(pages.Places, Place{Name: e.name, Icon: e.icon, Path: v.Address(e.path), May: v.May(e.needs)})
	}
	for _, a := range s.deeds {
		done.Places = append(done.Places, Place{Name: a.name, Icon: "action", Words: a.words, Path: v.Address(a.path), May: v.May(a.needs)})
	}
	d := paletteData{Groups: []Places{pages, done}}
	if orgs := v.otherOrganizations(); len(orgs) > 0 {
		d.Groups = append(d.Groups, Places{Title: "Other organizations", Kind: "Organization", Places: orgs})
	}
	for _, find := range s.finds {
		found, err := find(v)
		if err != nil {
			return err
		}
		d.Groups = append(d.Groups, found)
	}
	if v.HX() {
		return v.Part("palette", "places", d)
	}
	return v.Show("palette", Page{Title: "Go to", Lead: "Every page, mode and action of " + v.Org.Name + ".", Data: d})
}

func (v *Visit) otherOrganizations() (out []Place) {
	for _, m := range v.Orgs {
		if m.ID != v.Org.ID {
			out = append(out, Place{
				Name: m.Name, Words: "switch to organization " + m.Slug, Path: "/orgs/" + m.Slug + "/modes",
				Glyph: Initial(m.Name), May: access.Verdict{Allowed: true},
			})
		}
	}
	return out
}
