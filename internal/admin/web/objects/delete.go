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
	pageData
	Object resource.Object
	// Referrers are the objects that refer to it. Error is the reason why it was not deleted.
	Referrers []link
	Error     string
}

// DeletionForm serves GET /deletions?object=: the page that asks for confirmation before
// Delete. The query parameter object is the id or the name of the object.
func (p *Pages) DeletionForm(v *shell.Request) error {
	o, err := p.store.Get(v.UserContext(), v.Org.ID, v.Query("object"))
	if err != nil {
		return err
	}
	return p.confirmDeletion(v, deletion{Object: o})
}

func (p *Pages) confirmDeletion(v *shell.Request, d deletion) (err error) {
	d.pageData = p.newPageData(v)
	if _, d.Referrers, err = p.links(v, d.Object); err != nil {
		return err
	}
	return v.Show("object_deletion", shell.Page{Title: "Delete " + d.Object.Spec.Title() + "?", Crumbs: p.crumbs(v, &d.Object), Data: d})
}

// Delete handles POST /deletions: it deletes an object. The form field "object" holds its id
// and its expected version, as "id:version". If the object has another version, or others
// refer to it, Delete shows the page of DeletionForm again, with the reason and status 409.
// Otherwise it redirects to the list, with a message that offers Restore.
func (p *Pages) Delete(v *shell.Request) error {
	text, expected, err := shell.ParseVersionRef(shell.ReadForm(v.Ctx).Get("object"))
	if err != nil {
		return err
	}
	id, err := shell.ParseID(text)
	if err != nil {
		return err
	}
	deleted, revision, err := p.store.DeleteBatch(v.UserContext(), v.By(), v.Org.ID, []postgres.VersionRef{{ID: id, Version: expected}})
	if refusal, ok := fault.As(err); ok && len(refusal.Fields) > 0 {
		return p.showDeletionError(v, id, refusal)
	}
	if err != nil {
		return err
	}
	return v.RedirectWithFlash(p.path(v, ""), shell.Flash{
		Text: deleted[0].Spec.Title() + " is deleted.",
		Undo: &shell.Undo{Path: p.path(v, "/restorations"), Fields: []shell.Pair{{Name: "revision", Value: strconv.FormatInt(revision, 10)}}},
	})
}

// showDeletionError asks again, with the reason of the refusal.
func (p *Pages) showDeletionError(v *shell.Request, id uuid.UUID, refusal *fault.Error) error {
	o, err := p.store.Get(v.UserContext(), v.Org.ID, id.String())
	if fault.Is(err, fault.NotFound) {
		return v.RedirectWithFlash(p.path(v, ""), shell.Flash{Text: "This was already deleted by someone else."})
	}
	if err != nil {
		return err
	}
	v.Status(http.StatusConflict)
	return p.confirmDeletion(v, deletion{Object: o, Error: refusal.Fields[0].Detail})
}

// deletedPageSize is the number of deleted objects on a page.
const deletedPageSize = 100

// deletedRow is a deleted object that can be restored.
type deletedRow struct {
	ID, Name, Glyph, DeletedBy string
	Version                    int64
	DeletedAt                  time.Time
}

// deletedData is the data of the page of deleted objects.
type deletedData struct {
	pageData
	Rows []deletedRow
	// Older is where the next page begins, empty on the last page. Newest is true on all
	// but the first.
	Older  string
	Newest bool
}

// Deleted serves GET /deleted: the objects that were deleted and not restored, the latest
// deletion first, 100 on a page. The query parameter after holds the cursor of the page; see
// shell.FormatHistoryCursor.
func (p *Pages) Deleted(v *shell.Request) error {
	after, hasCursor := shell.ParseHistoryCursor(v.Query("after"))
	all, err := p.store.Deleted(v.UserContext(), v.Org.ID, after, deletedPageSize+1)
	if err != nil {
		return err
	}
	actors, err := v.Actors()
	if err != nil {
		return err
	}
	d := deletedData{pageData: p.newPageData(v), Newest: hasCursor}
	if len(all) > deletedPageSize {
		all = all[:deletedPageSize]
		last := all[deletedPageSize-1]
		d.Older = shell.FormatHistoryCursor(postgres.HistoryCursor{Revision: last.Revision, Subject: last.Object.ID, Version: last.Version.Version})
	}
	for _, version := range all {
		r := deletedRow{ID: version.Subject.ID, Name: version.Object.Spec.Title(), Glyph: shell.Initial(version.Object.Spec.Title()), Version: version.Version.Version, DeletedAt: version.OccurredAt}
		if r.DeletedBy, err = actors.Name(version.Actor.ID); err != nil {
			return err
		}
		d.Rows = append(d.Rows, r)
	}
	return v.Show("objects_deleted", shell.Page{
		Title: "Deleted " + p.Noun() + "s", Lead: "Deleted objects can be restored.", Crumbs: p.crumbs(v, nil), Data: d,
	})
}
