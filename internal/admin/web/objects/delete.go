package objects

import (
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// deletion is the data of the page that asks before an object is deleted.
type deletion struct {
	frame
	Object resource.Object
	// Users are the objects that refer to it. Wrong is the reason why it was not deleted.
	Users []link
	Wrong string
}

// DeletionForm asks before the object in ?object= is deleted.
func (p *Pages) DeletionForm(v *shell.Visit) error {
	o, err := p.store.Get(v.UserContext(), v.Org.ID, v.Query("object"))
	if err != nil {
		return err
	}
	return p.askDeletion(v, deletion{Object: o})
}

func (p *Pages) askDeletion(v *shell.Visit, d deletion) (err error) {
	d.frame = p.frame(v)
	if _, d.Users, err = p.links(v, d.Object); err != nil {
		return err
	}
	return v.Show("object_deletion", shell.Page{Title: "Delete " + d.Object.Spec.Title() + "?", Crumbs: p.crumbs(v, &d.Object), Data: d})
}

// Delete deletes an object at the expected version: the field object is its id, a colon and
// the version.
func (p *Pages) Delete(v *shell.Visit) error {
	text, seen, err := shell.VersionOf(shell.ReadForm(v.Ctx).Get("object"))
	if err != nil {
		return err
	}
	id, err := shell.ParseID(text)
	if err != nil {
		return err
	}
	deleted, revision, err := p.store.DeleteAll(v.UserContext(), v.By(), v.Org.ID, []postgres.Seen{{ID: id, Version: seen}})
	if refusal, ok := fault.As(err); ok && len(refusal.Fields) > 0 {
		return p.notDeleted(v, id, refusal)
	}
	if err != nil {
		return err
	}
	return v.Done(p.path(v, ""), shell.Said{
		Text: deleted[0].Spec.Title() + " is deleted.",
		Undo: &shell.Undo{Path: p.path(v, "/restorations"), Fields: []shell.Pair{{Name: "revision", Value: strconv.FormatInt(revision, 10)}}},
	})
}

// notDeleted asks again, with the reason of the refusal.
func (p *Pages) notDeleted(v *shell.Visit, id uuid.UUID, refusal *fault.Error) error {
	o, err := p.store.Get(v.UserContext(), v.Org.ID, id.String())
	if fault.Is(err, fault.NotFound) {
		return v.Done(p.path(v, ""), shell.Said{Text: "This was already deleted by someone else."})
	}
	if err != nil {
		return err
	}
	v.Status(http.StatusConflict)
	return p.askDeletion(v, deletion{Object: o, Wrong: refusal.Fields[0].Detail})
}

// deletedPage is the number of deleted objects on a page.
const deletedPage = 100

// deletedRow is a deleted object that can be restored.
type deletedRow struct {
	ID, Name, Glyph, Who string
	Version              int64
	At                   time.Time
}

// deletedData is the data of the page of deleted objects.
type deletedData struct {
	frame
	Rows []deletedRow
	// Older is where the next page begins, empty on the last page. Newest is true on all
	// but the first.
	Older  string
	Newest bool
}

// Deleted lists the objects that were deleted and not restored, the newest first.
func (p *Pages) Deleted(v *shell.Visit) error {
	after, isLater := shell.ParsePlace(v.Query("after"))
	all, err := p.store.Deleted(v.UserContext(), v.Org.ID, after, deletedPage+1)
	if err != nil {
		return err
	}
	who, err := v.People()
	if err != nil {
		return err
	}
	d := deletedData{frame: p.frame(v), Newest: isLater}
	if len(all) > deletedPage {
		all = all[:deletedPage]
		last := all[deletedPage-1]
		d.Older = shell.FormatPlace(postgres.Place{Revision: last.Revision, Subject: last.Object.ID, Version: last.Version.Version})
	}
	for _, one := range all {
		r := deletedRow{ID: one.Subject.ID, Name: one.Object.Spec.Title(), Glyph: shell.Initial(one.Object.Spec.Title()), Version: one.Version.Version, At: one.OccurredAt}
		if r.Who, err = who.Name(one.Actor.ID); err != nil {
			return err
		}
		d.Rows = append(d.Rows, r)
	}
	return v.Show("objects_deleted", shell.Page{
		Title: "Deleted " + p.Noun() + "s", Lead: "Deleted objects can be restored.", Crumbs: p.crumbs(v, nil), Data: d,
	})
}
