package web

import (
	"time"

	"orgmodes/internal/access"
	"orgmodes/internal/modes"
)

// deletedMode is a mode that can be brought back.
type deletedMode struct {
	modeRow
	Version int64
	At      time.Time
	Who     string
}

// deletedModes is what the page of them shows.
type deletedModes struct {
	Modes  []deletedMode
	Change access.Verdict
}

// modesDeleted lists what was deleted and not restored, the newest first.
func (w *Web) modesDeleted(v *visit) error {
	all, err := w.DB.DeletedModes(v.UserContext(), v.org.ID, 2*modes.MaxModes)
	if err != nil {
		return err
	}
	who, err := v.people()
	if err != nil {
		return err
	}
	d := deletedModes{Change: v.may(access.Request{Action: access.ChangeLibrary})}
	for _, one := range all {
		row := rowOf(one.Object.Slug, one.Object.Name, summary{})
		row.ID, row.Overrides = one.Subject.ID, w.isBuiltin(one.Object.Slug)
		m := deletedMode{modeRow: row, Version: one.Version.Version, At: one.OccurredAt}
		if m.Who, err = who.name(one.Actor.ID); err != nil {
			return err
		}
		d.Modes = append(d.Modes, m)
	}
	return v.render("mode_versions_deleted", page{
		Title: "Deleted modes", Lead: "What was deleted from " + v.org.Name + "’s library and can be brought back, as it was.",
		Crumbs: []crumb{{"Modes", v.path("/modes")}}, Data: d,
	})
}
