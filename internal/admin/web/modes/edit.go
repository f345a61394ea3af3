package modes

import (
	"cmp"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/web/paths"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
)

func itoa(n int) string { return strconv.Itoa(n) }

// modeTarget is the mode that a draft creates or replaces.
type modeTarget struct {
	// Saved is the organization's mode; nil if it has none yet.
	Saved *modes.OrganizationMode
	// Builtin is the built-in mode that the target is or replaces, if any.
	Builtin *modes.Mode
	// SavedBy is the name of the author of Saved.
	SavedBy string
	// Path is the address that the form is sent to.
	Path string
}

// Base returns the mode that the draft is compared with; BaseName returns its name.
func (t modeTarget) Base() (m modes.Mode) {
	switch {
	case t.Saved != nil:
		return t.Saved.Mode
	case t.Builtin != nil:
		return *t.Builtin
	default:
		m.Config.Groups = []modes.Group{} // no tools, as in an empty form
		return m
	}
}

// BaseName describes the mode that the form is compared with, for headings.
func (t modeTarget) BaseName() string {
	switch {
	case t.Saved != nil:
		return "version " + strconv.FormatInt(t.Saved.Version, 10)
	case t.Builtin != nil:
		return "the built-in mode"
	}
	return ""
}

// IsNew reports whether the draft is of a mode that doesn't exist yet.
func (t modeTarget) IsNew() bool { return t.Saved == nil && t.Builtin == nil }

// IsBuiltin reports whether this is a built-in mode that the organization has not replaced.
func (t modeTarget) IsBuiltin() bool { return t.Saved == nil && t.Builtin != nil }

// Overrides reports whether the organization has replaced a built-in mode with its own.
func (t modeTarget) Overrides() bool { return t.Saved != nil && t.Builtin != nil }

// CurrentVersion returns the version that a draft begins from, as id:version; empty if
// there is none.
func (t modeTarget) CurrentVersion() string {
	if t.Saved == nil {
		return ""
	}
	return t.Saved.ID.String() + ":" + strconv.FormatInt(t.Saved.Version, 10)
}

// resolveTarget returns the mode that the path names: one of the organization, or a built-in
// one that it hasn't replaced.
func (p *Pages) resolveTarget(v *shell.Request, ref string) (t modeTarget, err error) {
	m, err := p.DB.Modes.Get(v.UserContext(), v.Org.ID, ref)
	switch {
	case err == nil:
		t.Saved = &m
		t.Builtin = p.builtin(m.Slug)
		t.Path = v.Address("/modes/" + paths.Mode(m.Slug, m.ID.String()) + "/edit")
		actors, err := v.Actors()
		if err != nil {
			return t, err
		}
		t.SavedBy, err = actors.Name(m.UpdatedBy)
		return t, err
	case !fault.Is(err, fault.NotFound):
		return t, err
	}
	if t.Builtin = p.builtin(ref); t.Builtin == nil {
		return t, err
	}
	t.Path = v.Address("/modes/" + paths.Mode(t.Builtin.Slug, "") + "/edit")
	return t, nil
}

func (p *Pages) builtin(slug string) *modes.Mode {
	for i, b := range p.Builtins {
		if modes.SlugKey(b.Slug) == modes.SlugKey(slug) {
			return &p.Builtins[i]
		}
	}
	return nil
}

// Get redirects to the page on which a mode is viewed and edited.
func (p *Pages) Get(v *shell.Request) error {
	t, err := p.resolveTarget(v, v.Params("mode"))
	if err != nil {
		return err
	}
	return v.Redirect(t.Path)
}

// Edit shows a mode in the editor, with ?view=yaml as YAML. Users who aren't allowed to
// change it can only view it.
func (p *Pages) Edit(v *shell.Request) error {
	t, err := p.resolveTarget(v, v.Params("mode"))
	if err != nil {
		return err
	}
	e := modeEditor{modeTarget: t, draft: newDraft(v.UserContext(), t.Base(), v.Query("view")), BaseVersion: t.CurrentVersion(), Untouched: true}
	if err := p.loadDraft(v, &e, t.Subject()); err != nil {
		return err
	}
	e.Form.Fields.Set("seen_by", v.Query("seen_by"))
	return p.showEditor(v, http.StatusOK, e)
}

// showEditor answers with the whole page.
func (p *Pages) showEditor(v *shell.Request, status int, e modeEditor) error {
	if err := p.populate(v, &e); err != nil {
		return err
	}
	if err := p.addStatus(v, &e); err != nil {
		return err
	}
	if e.Draft.Subject = cmp.Or(e.Subject(), e.Draft.Subject); e.Draft.Subject == uuid.Nil {
		e.Draft.Subject = uuid.New()
	}
	e.Draft.Path = p.Drafts.Path(v, e.Draft.Subject)
	if e.IsNew() {
		var err error
		if e.StartingPoints, err = p.startingPoints(v, e.From); err != nil {
			return err
		}
	}
	page := shell.Page{Title: "New mode", Lead: "It appears in the editors of everyone in " + v.Org.Name + ".", Crumbs: []shell.Crumb{{Name: "Modes", Path: v.Address("/modes")}}, Data: e}
	if base := e.Base(); !e.IsNew() {
		page.Title, page.Mono, page.Lead = base.Name, base.Slug, "built-in; saved here, it becomes "+v.Org.Name+"’s own and replaces the built-in one"
	}
	if m := e.Saved; m != nil {
		page.Lead = "version " + strconv.FormatInt(m.Version, 10) + ", saved " + shell.Ago(m.UpdatedAt, p.Now()) + " by " + e.SavedBy
		ref := paths.Mode(m.Slug, m.ID.String())
		page.Actions = append(page.Actions, shell.Action{Label: "History", Path: v.Address("/modes/" + ref + "/history"), May: access.Decision{Allowed: true}})
		remove := "Delete"
		if e.Builtin != nil {
			remove = "Revert to built-in"
		}
		page.Actions = append(page.Actions, shell.Action{Label: remove, Path: v.Address("/modes/deletions?mode=" + m.ID.String()), May: e.Can.Delete})
	}
	v.Status(status)
	return v.Show("mode_edit", page)
}

// addStatus adds the publication line and the notice of newer versions, except for a new
// mode.
func (p *Pages) addStatus(v *shell.Request, e *modeEditor) error {
	if e.IsNew() {
		return nil
	}
	l, err := v.PublicationLine(0)
	if err != nil {
		return err
	}
	e.PublicationLine = &l
	base := e.BaseVersion
	if e.Conflict != nil { // it covers everything up to Theirs
		base = e.Conflict.Theirs
	}
	if base == "" {
		return nil
	}
	n, err := p.newerVersion(v, base)
	e.Newer = &n
	return err
}
