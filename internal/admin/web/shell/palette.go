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
	// Slug is shown after the name. Glyph, a symbol or an initial, is shown before it; if
	// Glyph is empty, Icon names an icon to show instead.
	Slug, Glyph, Icon string
	// Keywords are further words by which the item is found. Path is the address to open.
	Keywords, Path string
	// NeedsConfirmation reports whether Path is a page that asks for confirmation. Scripts
	// show it in a dialog.
	NeedsConfirmation bool
	// May is the result of Request.May for the item. If it isn't allowed, the item is
	// disabled with the reason.
	May access.Decision
	// Actions lists further actions on the object, besides viewing it.
	Actions []PaletteItem
	// CacheKey is a comparable value that determines the rendered row, with its address and
	// decisions; rows are cached for all visitors. It is nil if the row must not be cached.
	CacheKey any
}

// newPaletteRowCache returns a cache of rendered rows. Rendering the rows of hundreds of
// modes takes longer than the rest of the palette.
func newPaletteRowCache() Cache[any, template.HTML] {
	return NewCache[any](16<<20, func(p template.HTML) int { return len(p) })
}

// PaletteRow renders the row of an item, or returns it from a cache. kind is the Kind of the
// item's group.
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

// Label returns the label to use where the object's name is already shown: "History" if Verb
// is "History of".
func (p PaletteItem) Label() string { return strings.TrimSuffix(p.Verb, " of") }

// paletteRow is an item with its kind, for templates.
type paletteRow struct {
	Item PaletteItem
	Kind string
}

// PaletteGroup is a group of items of one kind.
type PaletteGroup struct {
	// Title is the heading. Kind names one item, such as "Mode"; scripts show it with the
	// items that match a search.
	Title, Kind string
	// Items are the items, in the order in which they are shown.
	Items []PaletteItem
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
