package web

import (
	"net/http"
	"strconv"

	"orgmodes/internal/access"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
)

func itoa(n int) string { return strconv.Itoa(n) }

// modeTarget is what a draft will become, or replace.
type modeTarget struct {
	// Saved is the organization's mode; nil where it has none yet.
	Saved *modes.OrganizationMode
	// Builtin is the built-in mode in whose place it stands, if it does.
	Builtin *modes.Mode
	// By is who saved it last.
	By string
	// Path is where the form goes.
	Path string
}

// Base is what the draft is compared with, BaseName what that is called.
func (t modeTarget) Base() (m modes.Mode) {
	switch {
	case t.Saved != nil:
		return t.Saved.Mode
	case t.Builtin != nil:
		return *t.Builtin
	default:
		m.Config.Groups = []modes.Group{} // no tools, as an empty form has it
		return m
	}
}

func (t modeTarget) BaseName() string {
	switch {
	case t.Saved != nil:
		return "version " + strconv.FormatInt(t.Saved.Version, 10)
	case t.Builtin != nil:
		return "the built-in mode"
	}
	return ""
}

// IsNew says that there is nothing yet.
func (t modeTarget) IsNew() bool { return t.Saved == nil && t.Builtin == nil }

// Overrides says that the organization has a mode in the place of a built-in one.
func (t modeTarget) Overrides() bool { return t.Saved != nil && t.Builtin != nil }

// Key is what a draft is kept under in the browser, within the organization.
func (t modeTarget) Key() string {
	switch {
	case t.Saved != nil:
		return t.Saved.ID.String()
	case t.Builtin != nil:
		return "built-in:" + t.Builtin.Slug
	}
	return "new"
}

// Seen is the version that a draft begins from; empty where there is none.
func (t modeTarget) Seen() string {
	if t.Saved == nil {
		return ""
	}
	return t.Saved.ID.String() + ":" + strconv.FormatInt(t.Saved.Version, 10)
}

// modeTarget finds what the path names: a mode of the organization, or a built-in
// one that it hasn't overridden.
func (w *Web) modeTarget(v *visit, ref string) (t modeTarget, err error) {
	m, err := w.DB.Modes.Get(v.UserContext(), v.org.ID, ref)
	switch {
	case err == nil:
		t.Saved = &m
		t.Builtin = w.builtin(m.Slug)
		t.Path = v.path("/modes/" + modeRef(m.Slug, m.ID.String()) + "/edit")
		who, err := v.people()
		if err != nil {
			return t, err
		}
		t.By, err = who.name(m.UpdatedBy)
		return t, err
	case !fault.Is(err, fault.NotFound):
		return t, err
	}
	if t.Builtin = w.builtin(ref); t.Builtin == nil {
		return t, err
	}
	t.Path = v.path("/modes/" + modeRef(t.Builtin.Slug, "") + "/edit")
	return t, nil
}

func (w *Web) builtin(slug string) *modes.Mode {
	for i, b := range w.Builtins {
		if modes.SlugKey(b.Slug) == modes.SlugKey(slug) {
			return &w.Builtins[i]
		}
	}
	return nil
}

// modeGet leads to the page where a mode is looked at and edited.
func (w *Web) modeGet(v *visit) error {
	t, err := w.modeTarget(v, v.Params("mode"))
	if err != nil {
		return err
	}
	return v.Redirect(t.Path)
}

// modeEdit shows a mode as it is, to be edited by who may: ?view=yaml as YAML.
func (w *Web) modeEdit(v *visit) error {
	t, err := w.modeTarget(v, v.Params("mode"))
	if err != nil {
		return err
	}
	e := modeEditor{modeTarget: t, draft: draftOf(v.UserContext(), t.Base(), v.Query("view")), Seen: t.Seen(), Fresh: true}
	e.Form.Fields.Set("seen_by", v.Query("seen_by"))
	return w.showEditor(v, http.StatusOK, e)
}

// showEditor answers with the whole page.
func (w *Web) showEditor(v *visit, status int, e modeEditor) error {
	if err := w.complete(v, &e); err != nil {
		return err
	}
	if err := w.follow(v, &e); err != nil {
		return err
	}
	if e.IsNew() {
		var err error
		if e.Starts, err = w.startGroups(v, e.From); err != nil {
			return err
		}
	}
	p := page{Title: "New mode", Lead: "It appears in the editors of everybody in " + v.org.Name + ".", Crumbs: []crumb{{"Modes", v.path("/modes")}}, Data: e}
	if base := e.Base(); !e.IsNew() {
		p.Title, p.Mono, p.Lead = base.Name, base.Slug, "built-in; saved here, it becomes "+v.org.Name+"’s own and replaces the built-in one"
	}
	if m := e.Saved; m != nil {
		p.Lead = "version " + strconv.FormatInt(m.Version, 10) + ", saved " + ago(m.UpdatedAt, w.now()) + " by " + e.By
		ref := modeRef(m.Slug, m.ID.String())
		p.Actions = append(p.Actions, action{Label: "History", Path: v.path("/modes/" + ref + "/history"), May: access.Verdict{Allowed: true}})
		remove := "Delete"
		if e.Builtin != nil {
			remove = "Revert to built-in"
		}
		p.Actions = append(p.Actions, action{Label: remove, Path: v.path("/modes/deletions?mode=" + m.ID.String()), May: e.Change})
	}
	v.Status(status)
	return v.render("mode_edit", p)
}

// follow adds what the page says of what happens elsewhere.
func (w *Web) follow(v *visit, e *modeEditor) error {
	if e.IsNew() {
		return nil
	}
	l, err := v.live(0)
	if err != nil {
		return err
	}
	e.Live = &l
	seen := e.Seen
	if e.Conflict != nil { // which says what happened so far
		seen = e.Conflict.Theirs
	}
	if seen == "" {
		return nil
	}
	n, err := w.newer(v, seen)
	e.Newer = &n
	return err
}
