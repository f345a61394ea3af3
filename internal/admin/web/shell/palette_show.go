package shell

import (
	"html/template"
	"strings"

	"orgmodes/internal/access"
)

// deed is an action that the palette lists; see Route.Listed.
type deed struct {
	name, words, path string
	needs             access.Request
}

// Place is an item of the palette: a page, or an action on one. It is found by its name and
// by Words.
type Place struct {
	// Name is the name of the page or, for an action on an object, of the object. Verb is
	// shown before the object's name: "History of".
	Verb, Name string
	// Slug, Glyph and Icon are shown next to the name.
	Slug, Glyph, Icon string
	Words, Path       string
	// Asks reports whether the action needs confirmation; with scripts, in a dialog.
	Asks bool
	May  access.Verdict
	// Below lists further actions on the object, besides viewing it.
	Below []Place
	// Key is a comparable value that determines the rendered row; nil if the row must not
	// be cached.
	Key any
}

// newPlaces returns a cache of rendered rows. Rendering the rows of hundreds of modes takes
// longer than the rest of the palette.
func newPlaces() Memory[any, template.HTML] {
	return Remember[any](16<<20, func(p template.HTML) int { return len(p) })
}

// Placed renders the row of a place.
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

// Label returns the label of the place if the object's name is shown next to it.
func (p Place) Label() string { return strings.TrimSuffix(p.Verb, " of") }

// placed is a place with its kind, for templates.
type placed struct {
	Place Place
	Kind  string
}

// Places is a group of places of one kind.
type Places struct {
	Title, Kind string
	Places      []Place
}

// paletteData is the data of the palette's templates.
type paletteData struct{ Groups []Places }

// Palette lists all pages and actions: for the palette and, without scripts, as a page.
// Items that the visitor is not allowed to use are listed with the reason. The actions on
// each object include only allowed ones.
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
