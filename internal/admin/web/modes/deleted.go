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
	Version int64
	At      time.Time
	Who     string
}

// deletedPage is the number of deleted modes on a page.
const deletedPage = 100

// deletedModes is the data of the page of deleted modes.
type deletedModes struct {
	Modes []deletedMode
	// Older is where the next page begins, empty on the last page. Newest is true on all
	// but the first.
	Older  string
	Newest bool
	Can    actions.Verdicts
}

// Deleted lists the modes that were deleted and not restored, the newest first.
func (p *Pages) Deleted(v *shell.Visit) error {
	after, readable := shell.ParsePlace(v.Query("after"))
	all, err := p.DB.Modes.Deleted(v.UserContext(), v.Org.ID, after, deletedPage+1)
	if err != nil {
		return err
	}
	who, err := v.People()
	if err != nil {
		return err
	}
	d := deletedModes{Newest: readable, Can: v.Can(modes.KindName)}
	if len(all) > deletedPage {
		all = all[:deletedPage]
		last := all[deletedPage-1]
		d.Older = shell.FormatPlace(postgres.Place{Revision: last.Revision, Subject: last.Object.ID, Version: last.Version.Version})
	}
	for _, one := range all {
		row := rowOf(one.Object.Slug, one.Object.Name, summary{})
		row.ID, row.Overrides = one.Subject.ID, p.isBuiltin(one.Object.Slug)
		m := deletedMode{modeRow: row, Version: one.Version.Version, At: one.OccurredAt}
		if m.Who, err = who.Name(one.Actor.ID); err != nil {
			return err
		}
		d.Modes = append(d.Modes, m)
	}
	return v.Show("mode_versions_deleted", shell.Page{
		Title: "Deleted modes", Lead: "Modes deleted from " + v.Org.Name + "’s library. Each can be restored.",
		Crumbs: []shell.Crumb{{Name: "Modes", Path: v.Address("/modes")}}, Data: d,
	})
}
