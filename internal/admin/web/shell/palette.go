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

// PaletteItem is an item of the palette: a page, an action, an object, or an action on an
// object. A search finds it by its Verb, Name, Slug and Keywords.
type PaletteItem struct {
	// Name is the name of the page, the action or the object. Verb is set for an action on
	// an object only, and is shown before the object's name: "History of".
	Verb, Name string
	// Slug is shown after the name. Glyph, a symbol or an initial, is shown before it; if
	// Glyph is empty, Icon names one of the icons of the shell's templates instead.
	Slug, Glyph, Icon string
	// Keywords are further words to search, separated by spaces; they are not shown. Path is
	// the address that choosing the item opens.
	Keywords, Path string
	// NeedsConfirmation reports whether Path is a page that asks for confirmation. Scripts
	// show it in a dialog.
	NeedsConfirmation bool
	// May is the result of Request.May for the item. If it isn't allowed, as in the zero
	// value, the item is disabled with the reason.
	May access.Decision
	// Actions lists the actions on the object, as items with a Verb.
	Actions []PaletteItem
	// CacheKey is the key under which View.PaletteRow caches the HTML of the item. nil means
	// that it isn't cached. The cache serves all visitors and organizations. So items with
	// equal keys must be equal in all other fields, including May and Actions. The key must
	// be comparable, of a type that only one package uses.
	CacheKey any
}

// newPaletteRowCache returns a cache of rendered rows. Rendering the rows of hundreds of
// modes takes longer than the rest of the palette.
func newPaletteRowCache() Cache[any, template.HTML] {
	return NewCache[any](16<<20, func(p template.HTML) int { return len(p) })
}

// PaletteRow returns the HTML of an item with its Actions. If the item has a CacheKey,
// PaletteRow caches the HTML under it. kind is the Kind of the item's group. The error is
// that of the template.
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

// Label returns the label of an action where the object's name is already shown: Verb
// without a final " of", such as "History" for "History of".
func (p PaletteItem) Label() string { return strings.TrimSuffix(p.Verb, " of") }

// paletteRow is an item with its kind, for templates.
type paletteRow struct {
	Item PaletteItem
	Kind string
}

// PaletteGroup is a group of items of the palette, such as all modes.
type PaletteGroup struct {
	// Title is the heading, such as "Modes". Kind is the word for one item, such as "Mode";
	// scripts show it next to each found item that has no Verb.
	Title, Kind string
	// Items are the items, in the order in which they are listed.
	Items []PaletteItem
}

// paletteData is the data of the palette's templates.
type paletteData struct{ Groups []PaletteGroup }

// Palette serves the page /palette of an organization: all items of the palette. Scripts,
// which fill the dialog, get only the list; see Request.IsHTMX. Pages and actions that the
// visitor is not allowed to use are listed with the reason. The sources of objects add only
// the allowed actions on each.
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
