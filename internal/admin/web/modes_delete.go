package web

import (
	"fmt"

	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
)

// deletion is a question before modes are deleted.
type deletion struct {
	Modes []modes.OrganizationMode
	// Reverts says that it is one, which stands in the place of a built-in mode.
	Reverts bool
}

// modesDeletionForm asks before the modes of ?mode= are deleted: by slug or id,
// several where several are chosen.
func (w *Web) modesDeletionForm(v *visit) error {
	var d deletion
	for _, ref := range v.Context().QueryArgs().PeekMulti("mode") {
		m, err := w.DB.Mode(v.UserContext(), v.org.ID, string(ref))
		if fault.Is(err, fault.NotFound) {
			continue // somebody else was faster
		}
		if err != nil {
			return err
		}
		d.Modes = append(d.Modes, m)
	}
	title := fmt.Sprintf("Delete %d modes?", len(d.Modes))
	switch len(d.Modes) {
	case 0:
		return v.done(v.path("/modes"), said{Text: "Nothing was chosen that could be deleted."})
	case 1:
		title = "Delete " + d.Modes[0].Name + "?"
		if w.isBuiltin(d.Modes[0].Slug) {
			d.Reverts = true
			title = "Revert " + d.Modes[0].Name + " to built-in?"
		}
	}
	return v.render("modes_deletion", page{
		Title: title, Crumbs: []crumb{{"Modes", v.path("/modes")}}, Data: d,
	})
}

// modesDelete deletes modes at the versions that were seen: each field mode is
// an id, a colon and the version.
func (w *Web) modesDelete(v *visit) error {
	var deleted []modes.OrganizationMode
	for _, field := range readForm(v.Ctx).All("mode") {
		id, version, err := versionOf(field)
		if err != nil {
			return err
		}
		m, err := w.DB.DeleteMode(v.UserContext(), v.by(), v.org.ID, id, version)
		if fault.Is(err, fault.NotFound) {
			continue // somebody else was faster
		}
		if err != nil {
			if e, ok := fault.As(err); ok && len(deleted) > 0 {
				s := w.deletedWords(v, deleted)
				s.Bad, s.Text = true, s.Text+" The rest was not deleted: "+e.Message+"."
				return v.done(v.path("/modes"), s)
			}
			return err
		}
		deleted = append(deleted, m)
	}
	return v.done(v.path("/modes"), w.deletedWords(v, deleted))
}

func (w *Web) deletedWords(v *visit, deleted []modes.OrganizationMode) said {
	s := said{Undo: &undo{Path: v.path("/modes/restorations")}}
	for _, m := range deleted {
		s.Undo.Fields = append(s.Undo.Fields, undoing{m.ID, m.Version + 1, m.Version + 1}.pair())
	}
	switch {
	case len(deleted) == 0:
		return said{Text: "Somebody else has deleted this already."}
	case len(deleted) == 1 && w.isBuiltin(deleted[0].Slug):
		s.Text = deleted[0].Name + " is the built-in mode again. Editors get it at their next poll."
	case len(deleted) == 1:
		s.Text = deleted[0].Name + " is deleted. Editors lose it at their next poll."
	default:
		s.Text = count(len(deleted), "mode") + " are deleted. Editors lose them at their next poll."
	}
	return s
}
