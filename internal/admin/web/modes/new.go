package modes

import (
	"net/http"
	"slices"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// startingPoint is a mode that a new one can begin with.
type startingPoint struct {
	Value, Label string
	Current      bool
}

// startingPointGroup is a labeled group of them.
type startingPointGroup struct {
	Label          string
	StartingPoints []startingPoint
}

// New shows the form for a new mode. It is empty or, with ?from=, holds a copy of a built-in
// mode or of another one of the organization.
func (p *Pages) New(v *shell.Request) error {
	all, err := p.DB.ModeSummaries(v.UserContext(), v.Org.ID)
	if err != nil {
		return err
	}
	e := modeEditor{modeTarget: modeTarget{Path: v.Address("/modes/new")}, draft: blankDraft(), From: v.Query("from"), Untouched: true}
	m, ok, err := p.startingMode(v, all, e.From)
	if err != nil {
		return err
	}
	if ok {
		e.draft = newDraft(v.UserContext(), duplicateMode(m, all, p.Builtins), v.Query("view"))
	} else if v.Query("view") == viewYAML {
		e.draft, _ = e.inView(v.UserContext(), viewYAML)
	}
	if err := p.loadDraft(v, &e, newDraftSubject(v)); err != nil {
		return err
	}
	return p.showEditor(v, http.StatusOK, e)
}

// startingMode returns the mode that a new one begins with: the organization's with this
// slug, or else the built-in one. ok is false if there is neither.
func (p *Pages) startingMode(v *shell.Request, all []postgres.ModeSummary, slug string) (m modes.Mode, ok bool, err error) {
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

// duplicateMode returns a copy of m with a slug that is free, and a name that marks it as a
// copy if that fits.
func duplicateMode(m modes.Mode, all []postgres.ModeSummary, builtins []modes.Mode) modes.Mode {
	taken := func(slug string) bool {
		return slices.ContainsFunc(all, func(o postgres.ModeSummary) bool { return modes.SlugKey(o.Slug) == modes.SlugKey(slug) }) ||
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

// startingPoints returns the modes that a new one can begin with.
func (p *Pages) startingPoints(v *shell.Request, from string) ([]startingPointGroup, error) {
	all, err := p.DB.ModeSummaries(v.UserContext(), v.Org.ID)
	if err != nil {
		return nil, err
	}
	own := startingPointGroup{Label: v.Org.Name + "’s modes"}
	for _, m := range all {
		own.StartingPoints = append(own.StartingPoints, startingPoint{m.Slug, m.Name, m.Slug == from})
	}
	built := startingPointGroup{Label: "Built-in modes"}
	for _, b := range p.Builtins {
		if !slices.ContainsFunc(own.StartingPoints, func(s startingPoint) bool { return modes.SlugKey(s.Value) == modes.SlugKey(b.Slug) }) {
			built.StartingPoints = append(built.StartingPoints, startingPoint{b.Slug, b.Name, b.Slug == from})
		}
	}
	var out []startingPointGroup
	for _, g := range []startingPointGroup{built, own} {
		if len(g.StartingPoints) > 0 {
			out = append(out, g)
		}
	}
	return out, nil
}

// Create handles the form of a new mode, as Save handles that of an existing one.
func (p *Pages) Create(v *shell.Request) error {
	f := shell.ReadForm(v.Ctx)
	e := modeEditor{modeTarget: modeTarget{Path: v.Address("/modes/new")}, draft: readDraft(v.UserContext(), f), From: f.Get("from"), Draft: shell.DraftFromForm(f)}
	if do := f.Get("do"); do != "save" {
		return p.showDraft(v, e)
	}
	return p.saveDraft(v, e)
}
