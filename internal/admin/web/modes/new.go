package modes

import (
	"net/http"
	"slices"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// start is a mode that a new one can begin with.
type start struct {
	Value, Label string
	Current      bool
}

// startGroup is a labeled group of them.
type startGroup struct {
	Label  string
	Starts []start
}

// New shows the form for a new mode. It is empty or, with ?from=, holds a copy of a built-in
// mode or of another one of the organization.
func (p *Pages) New(v *shell.Visit) error {
	all, err := p.DB.ModeHeads(v.UserContext(), v.Org.ID)
	if err != nil {
		return err
	}
	e := modeEditor{modeTarget: modeTarget{Path: v.Address("/modes/new")}, draft: blank(), From: v.Query("from"), Fresh: true}
	m, ok, err := p.startOf(v, all, e.From)
	if err != nil {
		return err
	}
	if ok {
		e.draft = draftOf(v.UserContext(), copyOf(m, all, p.Builtins), v.Query("view"))
	} else if v.Query("view") == viewYAML {
		e.draft, _ = e.switched(v.UserContext(), viewYAML)
	}
	if err := p.withDraft(v, &e, draftOfNew(v)); err != nil {
		return err
	}
	return p.showEditor(v, http.StatusOK, e)
}

// startOf returns the mode that a new one begins with: the organization's with this slug,
// or else the built-in one. ok is false if there is neither.
func (p *Pages) startOf(v *shell.Visit, all []postgres.ModeHead, slug string) (m modes.Mode, ok bool, err error) {
	for _, head := range all {
		if slug != "" && modes.SlugKey(head.Slug) == modes.SlugKey(slug) {
			own, err := p.DB.Modes.Get(v.UserContext(), v.Org.ID, head.ID.String())
			return own.Mode, err == nil, err
		}
	}
	if b := p.builtin(slug); b != nil {
		return *b, true, nil
	}
	return modes.Mode{}, false, nil
}

// copyOf returns a copy of m with a slug that is free, and a name that marks it as a copy
// if that fits.
func copyOf(m modes.Mode, all []postgres.ModeHead, builtins []modes.Mode) modes.Mode {
	taken := func(slug string) bool {
		return slices.ContainsFunc(all, func(o postgres.ModeHead) bool { return modes.SlugKey(o.Slug) == modes.SlugKey(slug) }) ||
			slices.ContainsFunc(builtins, func(b modes.Mode) bool { return modes.SlugKey(b.Slug) == modes.SlugKey(slug) })
	}
	base := m.Slug[:min(len(m.Slug), modes.MaxSlugLength-len("-copy-99"))]
	slug := base + "-copy"
	for n := 2; taken(slug); n++ {
		slug = base + "-copy-" + itoa(n)
	}
	m.Slug = slug
	if len([]rune(m.Name)) <= modes.MaxNameLength-len(" (copy)") {
		m.Name += " (copy)"
	}
	return m
}

// startGroups returns the modes that a new one can begin with.
func (p *Pages) startGroups(v *shell.Visit, from string) ([]startGroup, error) {
	all, err := p.DB.ModeHeads(v.UserContext(), v.Org.ID)
	if err != nil {
		return nil, err
	}
	own := startGroup{Label: v.Org.Name + "’s modes"}
	for _, m := range all {
		own.Starts = append(own.Starts, start{m.Slug, m.Name, m.Slug == from})
	}
	built := startGroup{Label: "Built-in modes"}
	for _, b := range p.Builtins {
		if !slices.ContainsFunc(own.Starts, func(s start) bool { return modes.SlugKey(s.Value) == modes.SlugKey(b.Slug) }) {
			built.Starts = append(built.Starts, start{b.Slug, b.Name, b.Slug == from})
		}
	}
	var out []startGroup
	for _, g := range []startGroup{built, own} {
		if len(g.Starts) > 0 {
			out = append(out, g)
		}
	}
	return out, nil
}

// Create handles the form of a new mode, as Save handles that of an existing one.
func (p *Pages) Create(v *shell.Visit) error {
	f := shell.ReadForm(v.Ctx)
	e := modeEditor{modeTarget: modeTarget{Path: v.Address("/modes/new")}, draft: readDraft(v.UserContext(), f), From: f.Get("from"), Draft: shell.DraftIn(f)}
	if do := f.Get("do"); do != "save" {
		return p.showDraft(v, e)
	}
	return p.saveDraft(v, e)
}
