package modes

import (
	"time"

	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// deletedMode is a deleted mode that can be restored.
type deletedMode struct {
	modeRow
	Version   int64
	DeletedAt time.Time
	DeletedBy string
}

// deletedPageSize is the number of deleted modes on a page.
const deletedPageSize = 100

// deletedData is the data of the page of deleted modes.
type deletedData struct {
	Modes []deletedMode
	// Older is where the next page begins, empty on the last page. Newest is true on all
	// but the first.
	Older  string
	Newest bool
	Can    actions.Verdicts
}

// Deleted lists the modes that were deleted and not restored, the newest first.
func (p *Pages) Deleted(v *shell.Request) error {
	after, hasCursor := shell.ParseHistoryCursor(v.Query("after"))
	all, err := p.DB.Modes.Deleted(v.UserContext(), v.Org.ID, after, deletedPageSize+1)
	if err != nil {
		return err
	}
	actors, err := v.Actors()
	if err != nil {
		return err
	}
	d := deletedData{Newest: hasCursor, Can: v.Can(modes.KindName)}
	if len(all) > deletedPageSize {
		all = all[:deletedPageSize]
		last := all[deletedPageSize-1]
		d.Older = shell.FormatHistoryCursor(postgres.HistoryCursor{Revision: last.Revision, Subject: last.Object.ID, Version: last.Version.Version})
	}
	for _, version := range all {
		row := newRow(version.Object.Slug, version.Object.Name, summary{})
		row.ID, row.Overrides = version.Subject.ID, p.isBuiltin(version.Object.Slug)
		m := deletedMode{modeRow: row, Version: version.Version.Version, DeletedAt: version.OccurredAt}
		if m.DeletedBy, err = actors.Name(version.Actor.ID); err != nil {
			return err
		}
		d.Modes = append(d.Modes, m)
	}
	return v.Show("mode_versions_deleted", shell.Page{
		Title: "Deleted modes", Lead: "Modes deleted from " + v.Org.Name + "’s library. Each can be restored.",
		Crumbs: []shell.Crumb{{Name: "Modes", Path: v.Address("/modes")}}, Data: d,
	})
}
