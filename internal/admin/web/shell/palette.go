package shell

import (
	"html/template"
	"strings"

	"orgmodes/internal/access"
)

// paletteAction is an action that the palette lists; see Route.InPalette.
type paletteAction struct {
	name, keywords, path string
	requires             access.Request
}

// PaletteItem is an item of the palette: a page, or an action on one. It is found by its
// name, its slug and its keywords.
type PaletteItem struct {
	// Name is the name of the page or, for an action on an object, of the object. Verb is
	// shown before the object's name: "History of".
	Verb, Name string
	// Slug, Glyph and Icon are shown next to the name.
	Slug, Glyph, Icon string
	Keywords, Path    string
	// NeedsConfirmation reports whether the action needs confirmation; with scripts, in a
	// dialog.
	NeedsConfirmation bool
	May               access.Decision
	// Actions lists further actions on the object, besides viewing it.
	Actions []PaletteItem
	// CacheKey is a comparable value that determines the rendered row; nil if the row must
	// not be cached.
	CacheKey any
}

// newPaletteRowCache returns a cache of rendered rows. Rendering the rows of hundreds of
// modes takes longer than the rest of the palette.
func newPaletteRowCache() Cache[any, template.HTML] {
	return NewCache[any](16<<20, func(p template.HTML) int { return len(p) })
}

// PaletteRow renders the row of an item.
func (s View) PaletteRow(p PaletteItem, kind string) (template.HTML, error) {
	cache := s.v.shell.paletteRows
	if p.CacheKey == nil {
		return s.With(paletteRow{p, kind}).Render("palette", "palette-item-row")
	}
	if row, ok := cache.Get(p.CacheKey); ok {
		return row, nil
	}
	row, err := s.With(paletteRow{p, kind}).Render("palette", "palette-item-row")
	if err == nil {
		cache.Put(p.CacheKey, row)
	}
	return row, err
}

// Label returns the label of the item if the object's name is shown next to it.
func (p PaletteItem) Label() string { return strings.TrimSuffix(p.Verb, " of") }

// paletteRow is an item with its kind, for templates.
type paletteRow struct {
	Item PaletteItem
	Kind string
}

// PaletteGroup is a group of items of one kind.
type PaletteGroup struct {
	Title, Kind string
	Items       []PaletteItem
}

// paletteData is the data of the palette's templates.
type paletteData struct{ Groups []PaletteGroup }

// Palette lists all pages and actions: for the palette and, without scripts, as a page.
// Items that the visitor is not allowed to use are listed with the reason. The actions on
// each object include only allowed ones.
func (s *Shell) Palette(v *Request) error {
	pages, commands := PaletteGroup{Title: "Pages", Kind: "Page"}, PaletteGroup{Title: "Actions", Kind: "Action"}
	for _, e := range s.sidebar {
		pages.Items = append(pages.Items, PaletteItem{Name: e.name, Icon: e.icon, Path: v.Address(e.path), May: v.May(e.requires)})
	}
	for _, a := range s.paletteActions {
		commands.Items = append(commands.Items, PaletteItem{Name: a.name, Icon: "action", Keywords: a.keywords, Path: v.Address(a.path), May: v.May(a.requires)})
	}
	d := paletteData{Groups: []PaletteGroup{pages, commands}}
	if orgs := v.otherOrganizations(); len(orgs) > 0 {
		d.Groups = append(d.Groups, PaletteGroup{Title: "Other organizations", Kind: "Organization", Items: orgs})
	}
	for _, find := range s.paletteSources {
		group, err := find(v)
		if err != nil {
			return err
		}
		d.Groups = append(d.Groups, group)
	}
	if v.IsHTMX() {
		return v.Part("palette", "palette-items", d)
	}
	return v.Show("palette", Page{Title: "Go to", Lead: "Every page, mode and action of " + v.Org.Name + ".", Data: d})
}

func (v *Request) otherOrganizations() (out []PaletteItem) {
	for _, m := range v.Orgs {
		if m.ID != v.Org.ID {
			out = append(out, PaletteItem{
				Name: m.Name, Keywords: "switch to organization " + m.Slug, Path: "/orgs/" + m.Slug + "/modes",
				Glyph: Initial(m.Name), May: access.Decision{Allowed: true},
			})
		}
	}
	return out
}
