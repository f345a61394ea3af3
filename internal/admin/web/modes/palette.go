package modes

import (
	"orgmodes/internal/access"
	"orgmodes/internal/admin/web/paths"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// paletteKey identifies a mode's palette item by everything that it depends on.
type paletteKey struct {
	version         versionKey
	org, slug, name string
	may             access.Decision
	actions         string
}

// PaletteGroup returns the modes that the palette lists. It sets the revision of the
// request to the one at which they were read.
func (p *Pages) PaletteGroup(v *shell.Request) (shell.PaletteGroup, error) {
	all, _, revision, err := p.DB.ModeSummariesWithRevision(v.UserContext(), v.Org.ID, func(postgres.ModeSummary) bool { return false })
	if err != nil {
		return shell.PaletteGroup{}, err
	}
	v.Org.Revision = revision
	return shell.PaletteGroup{Title: "Modes", Kind: "Mode", Items: p.paletteItems(v, all)}, nil
}

// paletteItems returns the palette items of the modes that editors get, in the order of the
// list of modes.
func (p *Pages) paletteItems(v *shell.Request, all []postgres.ModeSummary) (out []shell.PaletteItem) {
	bySlug := map[string]postgres.ModeSummary{}
	for _, m := range all {
		bySlug[modes.SlugKey(m.Slug)] = m
	}
	for _, b := range p.Builtins {
		m, overridden := bySlug[modes.SlugKey(b.Slug)]
		if !overridden {
			m = postgres.ModeSummary{Slug: b.Slug, Name: b.Name}
		}
		out = append(out, p.paletteItem(v, m, true, overridden))
	}
	for _, m := range all {
		if !p.isBuiltin(m.Slug) {
			out = append(out, p.paletteItem(v, m, false, true))
		}
	}
	return out
}

// paletteItem returns the palette item of a mode, with the actions that the user is allowed
// to take on it. builtin is true if the mode is built-in or replaces a built-in one, own if
// it is the organization's.
func (p *Pages) paletteItem(v *shell.Request, m postgres.ModeSummary, builtin, own bool) shell.PaletteItem {
	row := newRow(m.Slug, m.Name, summary{})
	id := ""
	if own {
		id = m.ID.String()
	}
	ref := v.Address("/modes/" + paths.Mode(m.Slug, id))
	item := shell.PaletteItem{
		Name: row.Label, Slug: m.Slug, Glyph: row.Glyph, Path: ref, May: v.May(p.PagePermission("/modes/:mode")),
	}
	key := paletteKey{version: newVersionKey(m.ID, m.Version, m.UpdatedAt), org: v.Org.Slug, slug: m.Slug, name: m.Name, may: item.May}
	addAction := func(verb, path, keywords string, confirm bool, required access.Request) {
		if may := v.May(required); may.Allowed {
			key.actions += verb + "\n"
			item.Actions = append(item.Actions, shell.PaletteItem{Verb: verb, Name: row.Label, Slug: m.Slug, Glyph: row.Glyph, Path: path, Keywords: keywords, NeedsConfirmation: confirm, May: may})
		}
	}
	slug := m.Slug
	if own {
		addAction("History of", ref+"/history", "versions", false, p.PagePermission("/modes/:mode/history"))
	} else {
		addAction("Override", ref, "replace edit built-in", false, p.ActionPermission("/modes/:mode/edit"))
	}
	addAction("Duplicate", v.Address("/modes/new?from="+slug), "copy", false, p.PagePermission("/modes/new"))
	switch {
	case builtin && own:
		addAction("Revert", v.Address("/modes/deletions?mode="+slug), "to built-in delete remove", true, p.PagePermission("/modes/deletions"))
	case own:
		addAction("Delete", v.Address("/modes/deletions?mode="+slug), "remove", true, p.PagePermission("/modes/deletions"))
	}
	item.CacheKey = key
	return item
}
