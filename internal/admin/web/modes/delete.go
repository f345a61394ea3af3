package modes

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// deletion is the data of the page that asks before modes are deleted.
type deletion struct {
	Modes []postgres.ModeSummary
	// Reverts is true if Modes is a single mode that replaces a built-in one.
	Reverts bool
	// Refused holds the reasons why nothing was deleted, a sentence for each mode that
	// prevented it.
	Refused []string
}

// DeletionForm asks before the modes of ?mode= are deleted. The parameter is a slug or an
// id, and can be repeated.
func (p *Pages) DeletionForm(v *shell.Request) error {
	refs := map[string]bool{}
	for _, ref := range v.Context().QueryArgs().PeekMulti("mode") {
		refs[modes.SlugKey(string(ref))] = true
	}
	all, err := p.DB.ModeSummaries(v.UserContext(), v.Org.ID)
	if err != nil {
		return err
	}
	// A mode that isn't found was deleted by someone else in the meantime.
	return p.confirmDeletion(v, deletion{Modes: slices.DeleteFunc(all, func(m postgres.ModeSummary) bool {
		return !refs[modes.SlugKey(m.Slug)] && !refs[m.ID.String()]
	})})
}

func (p *Pages) confirmDeletion(v *shell.Request, d deletion) error {
	title := fmt.Sprintf("Delete %d modes?", len(d.Modes))
	switch len(d.Modes) {
	case 0:
		return v.RedirectWithFlash(v.Address("/modes"), shell.Flash{Text: "Nothing was chosen that could be deleted."})
	case 1:
		title = "Delete " + d.Modes[0].Name + "?"
		if p.isBuiltin(d.Modes[0].Slug) {
			d.Reverts = true
			title = "Revert " + d.Modes[0].Name + " to built-in?"
		}
	}
	return v.Show("modes_deletion", shell.Page{
		Title: title, Crumbs: []shell.Crumb{{Name: "Modes", Path: v.Address("/modes")}}, Data: d,
	})
}

// Delete deletes modes at the expected versions, all or none. Each field mode is an id, a
// colon and the version.
func (p *Pages) Delete(v *shell.Request) error {
	var expected []postgres.VersionRef
	for _, field := range shell.ReadForm(v.Ctx).Values("mode") {
		s, err := parseVersionRef(field)
		if err != nil {
			return err
		}
		if !slices.Contains(expected, s) {
			expected = append(expected, s)
		}
	}
	deleted, revision, err := p.DB.Modes.DeleteBatch(v.UserContext(), v.By(), v.Org.ID, expected)
	if refusal, ok := fault.As(err); ok && len(refusal.Fields) > 0 {
		return p.showDeletionError(v, expected, refusal)
	}
	if err != nil {
		return err
	}
	return v.RedirectWithFlash(v.Address("/modes"), p.deletedMessage(v, deleted, revision))
}

// showDeletionError asks again, with the selected modes as they are now and the reasons of
// the refusal.
func (p *Pages) showDeletionError(v *shell.Request, expected []postgres.VersionRef, refusal *fault.Error) error {
	all, err := p.DB.ModeSummaries(v.UserContext(), v.Org.ID)
	if err != nil {
		return err
	}
	d := deletion{Modes: slices.DeleteFunc(all, func(m postgres.ModeSummary) bool {
		return !slices.ContainsFunc(expected, func(s postgres.VersionRef) bool { return s.ID == m.ID })
	})}
	for _, f := range refusal.Fields {
		d.Refused = append(d.Refused, f.Detail)
	}
	if len(d.Modes) == 0 {
		text := "These were already deleted by someone else."
		if len(expected) == 1 {
			text = "This was already deleted by someone else."
		}
		return v.RedirectWithFlash(v.Address("/modes"), shell.Flash{Text: text})
	}
	v.Status(http.StatusConflict)
	return p.confirmDeletion(v, d)
}

func (p *Pages) deletedMessage(v *shell.Request, deleted []modes.OrganizationMode, revision int64) shell.Flash {
	// The undo form names the revision: the ids of hundreds of modes would not fit into the
	// flash message, which is carried over to the next page.
	s := shell.Flash{Undo: &shell.Undo{Path: v.Address("/modes/restorations"), Fields: []shell.Pair{{Name: "revision", Value: strconv.FormatInt(revision, 10)}}}}
	switch {
	case len(deleted) == 0:
		return shell.Flash{Text: "Nothing was chosen, so nothing was deleted."}
	case len(deleted) == 1 && p.isBuiltin(deleted[0].Slug):
		s.Text = deleted[0].Name + " is the built-in mode again. Editors get it at their next poll."
	case len(deleted) == 1:
		s.Text = deleted[0].Name + " is deleted. Editors lose it at their next poll."
	default:
		s.Text = shell.Pluralize(len(deleted), "mode") + " are deleted. Editors lose them at their next poll."
	}
	return s
}

func parseVersionRef(field string) (s postgres.VersionRef, err error) {
	id, version, err := shell.ParseVersionRef(field)
	if err != nil {
		return s, err
	}
	s.Version = version
	s.ID, err = uuid.Parse(id)
	return s, err
}
