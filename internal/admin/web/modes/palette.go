package modes

import (
	"orgmodes/internal/access"
	"orgmodes/internal/admin/web/paths"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// placeKey identifies a mode's palette item by everything that it depends on.
type placeKey struct {
	version         versionKey
	org, slug, name string
	may             access.Verdict
	below           string
}

// Find returns the modes that the palette lists. It sets the revision of the visit to the one
// at which they were read.
func (p *Pages) Find(v *shell.Visit) (shell.Places, error) {
	all, _, revision, err := p.DB.ModeHeadsAt(v.UserContext(), v.Org.ID, func(postgres.ModeHead) bool { return false })
	if err != nil {
		return shell.Places{}, err
	}
	v.Org.Revision = revision
	return shell.Places{Title: "Modes", Kind: "Mode", Places: p.modePlaces(v, all)}, nil
}

// modePlaces returns the palette items of the modes that editors get, in the order of the
// list of modes.
func (p *Pages) modePlaces(v *shell.Visit, all []postgres.ModeHead) (out []shell.Place) {
	bySlug := map[string]postgres.ModeHead{}
	for _, m := range all {
		bySlug[modes.SlugKey(m.Slug)] = m
	}
	for _, b := range p.Builtins {
		m, overridden := bySlug[modes.SlugKey(b.Slug)]
		if !overridden {
			m = postgres.ModeHead{Slug: b.Slug, Name: b.Name}
		}
		out = append(out, p.modePlace(v, m, true, overridden))
	}
	for _, m := range all {
		if !p.isBuiltin(m.Slug) {
			out = append(out, p.modePlace(v, m, false, true))
		}
	}
	return out
}

// modePlace returns the palette item of a mode, with the actions that the user is allowed to
// take on it. builtin is true if the mode is built-in or replaces a built-in one, ours if it
// is the organization's.
func (p *Pages) modePlace(v *shell.Visit, m postgres.ModeHead, builtin, ours bool) shell.Place {
	row := rowOf(m.Slug, m.Name, summary{})
	id := ""
	if ours {
		id = m.ID.String()
	}
	ref := v.Address("/modes/" + paths.Mode(m.Slug, id))
	found := shell.Place{
		Name: row.Label, Slug: m.Slug, Glyph: row.Glyph, Path: ref, May: v.May(p.ToSee("/modes/:mode")),
	}
	key := placeKey{version: keyOf(m.ID, m.Version, m.UpdatedAt), org: v.Org.Slug, slug: m.Slug, name: m.Name, may: found.May}
	below := func(verb, path, words string, asks bool, needs access.Request) {
		if may := v.May(needs); may.Allowed {
			key.below += verb + "\n"
			found.Below = append(found.Below, shell.Place{Verb: verb, Name: row.Label, Slug: m.Slug, Glyph: row.Glyph, Path: path, Words: words, Asks: asks, May: may})
		}
	}
	slug := m.Slug
	if ours {
		below("History of", ref+"/history", "versions", false, p.ToSee("/modes/:mode/history"))
	} else {
		below("Override", ref, "replace edit built-in", false, p.ToDo("/modes/:mode/edit"))
	}
	below("Duplicate", v.Address("/modes/new?from="+slug), "copy", false, p.ToSee("/modes/new"))
	switch {
	case builtin && ours:
		below("Revert", v.Address("/modes/deletions?mode="+slug), "to built-in delete remove", true, p.ToSee("/modes/deletions"))
	case ours:
		below("Delete", v.Address("/modes/deletions?mode="+slug), "remove", true, p.ToSee("/modes/deletions"))
	}
	found.Key = key
	return found
}
