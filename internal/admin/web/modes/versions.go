package modes

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/web/paths"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// versionItem is a version described in a sentence.
type versionItem struct {
	Version, Revision int64
	Author, Sentence  string
	CreatedAt         time.Time
	// Current is true for the version that editors get. Deleted is true for a deletion,
	// which can be neither compared nor restored.
	Current, Deleted bool
}

// versionsData is the data of the page with a mode's history.
type versionsData struct {
	ID, Ref string
	// Query is the query of the address, which names the versions to compare.
	Query    string
	Name     string
	Versions []versionItem
	// Before is where this page begins, 0 on the first page. Older is where the next page
	// begins, 0 on the last one.
	Before, Older int64
	Can           actions.Verdicts
	// From and To are the versions that are compared; 0 if none are.
	From, To  int64
	Sentence  string
	Compared  shell.Comparison
	Identical bool
	// ModeDeleted is true if the mode is deleted.
	ModeDeleted bool
}

// Contains reports whether a version is on this page of the history.
func (d versionsData) Contains(version int64) bool {
	return slices.ContainsFunc(d.Versions, func(v versionItem) bool { return v.Version == version })
}

// Versions lists the versions of a mode, and with ?from= and ?to= compares two
// of them. The history of a deleted mode is found by its id.
func (p *Pages) Versions(v *shell.Request) error {
	id, err := p.resolveID(v)
	if err != nil {
		return err
	}
	before, _ := strconv.ParseInt(v.Query("before"), 10, 64)
	versions, more, err := shell.ReadHistoryPage(func(after *postgres.ModeVersion, limit int) ([]postgres.ModeVersion, error) {
		below := max(before, 0)
		if after != nil {
			below = after.Version.Version
		}
		return p.DB.Modes.Versions(v.UserContext(), v.Org.ID, id, below, limit)
	}, func(m postgres.ModeVersion) int { return len(m.Content) })
	if err != nil {
		return err
	}
	if len(versions) == 0 {
		return v.Redirect(v.Address("/modes/" + id.String() + "/history"))
	}
	d := versionsData{ID: id.String(), Query: string(v.Request().URI().QueryString()), Name: versions[0].Object.Name, Before: max(before, 0), Can: v.Can(modes.KindName)}
	d.Ref = paths.Mode(versions[0].Object.Slug, d.ID)
	if d.ModeDeleted = before == 0 && versions[0].Action == audit.Delete; d.ModeDeleted {
		d.Ref = d.ID
	}
	shown := len(versions)
	if more {
		shown-- // only the next page reads the predecessor of the last one
		d.Older = versions[shown-1].Version.Version
	}
	actors, err := v.Actors()
	if err != nil {
		return err
	}
	for i, version := range versions[:shown] {
		var previous *postgres.ModeVersion
		if i+1 < len(versions) {
			previous = &versions[i+1]
		}
		item := versionItem{
			Version: version.Version.Version, Revision: version.Revision, CreatedAt: version.OccurredAt,
			Sentence: p.describeVersion(version, previous), Deleted: version.Action == audit.Delete,
			Current: before == 0 && i == 0 && version.Action != audit.Delete,
		}
		if item.Author, err = actors.Name(version.Actor.ID); err != nil {
			return err
		}
		d.Versions = append(d.Versions, item)
	}
	if err := p.compareVersions(v, id, &d); err != nil {
		return err
	}
	page := shell.Page{
		Title: "History", Mono: versions[0].Object.Slug, Lead: "every version of " + d.Name + "; any of them can be restored", Data: d,
		Crumbs: []shell.Crumb{{Name: "Modes", Path: v.Address("/modes")}},
	}
	if d.ModeDeleted {
		page.Crumbs = append(page.Crumbs, shell.Crumb{Name: "Deleted modes", Path: v.Address("/modes/deleted")})
	} else {
		page.Crumbs = append(page.Crumbs, shell.Crumb{Name: d.Name, Path: v.Address("/modes/" + d.Ref + "/edit")})
	}
	return v.Show("mode_history", page)
}

// resolveID returns the id of the mode that the path names by id or slug.
func (p *Pages) resolveID(v *shell.Request) (uuid.UUID, error) {
	ref := v.Params("mode")
	if id, err := uuid.Parse(ref); err == nil && len(ref) == 36 {
		return id, nil
	}
	m, err := p.DB.Modes.Get(v.UserContext(), v.Org.ID, ref)
	return m.ID, err
}

// compareVersions compares the versions that the address names.
func (p *Pages) compareVersions(v *shell.Request, id uuid.UUID, d *versionsData) error {
	from, err := strconv.ParseInt(v.Query("from"), 10, 64)
	if err != nil || from < 1 {
		return nil //nolint:nilerr // nothing is compared
	}
	to, err := strconv.ParseInt(v.Query("to"), 10, 64)
	if err != nil || to < 1 {
		to = d.Versions[0].Version
	}
	before, err := p.DB.Modes.Version(v.UserContext(), v.Org.ID, id, from)
	if err != nil {
		return err
	}
	after, err := p.DB.Modes.Version(v.UserContext(), v.Org.ID, id, to)
	if err != nil {
		return err
	}
	d.From, d.To = from, to
	changes := modes.Diff(before.Object.Mode, after.Object.Mode)
	d.Sentence, d.Identical = describeChanges(changes), len(changes) == 0
	d.Compared = compareModes("The two, line by line", before.Object.Mode, after.Object.Mode, false, v.DiffBudget()).
		WithSideNames("Version "+strconv.FormatInt(from, 10), "Version "+strconv.FormatInt(to, 10))
	return nil
}

// describeVersion describes a version, as a sentence that follows the author's name.
func (p *Pages) describeVersion(now postgres.ModeVersion, previous *postgres.ModeVersion) string {
	name := now.Object.Name
	builtin := p.isBuiltin(now.Object.Slug)
	switch now.Action {
	case audit.Delete:
		if builtin {
			return "reverted it to the built-in mode"
		}
		return "deleted it"
	case audit.Create:
		if builtin {
			return "made " + name + " in place of the built-in mode"
		}
		return "created " + name
	case audit.Import:
		if previous == nil && now.Version.Version == 1 {
			return "imported " + name
		}
	}
	verb := ""
	if now.Action == audit.Restore {
		verb = "restored an older version"
	}
	if previous == nil {
		if verb != "" {
			return verb
		}
		return "changed it"
	}
	changed := describeChanges(modes.Diff(previous.Object.Mode, now.Object.Mode))
	switch {
	case verb != "" && previous.Action == audit.Delete:
		return "restored it"
	case verb != "" && changed != "":
		return verb + ": " + changed
	case verb != "":
		return verb
	case changed == "":
		return "moved it to another place in the list"
	}
	return changed
}

// modeRestoration is the data of the page that asks before a version is restored.
type modeRestoration struct {
	ID, Ref, Name           string
	Version, CurrentVersion int64
	// NextVersion is the number that the restored version gets.
	NextVersion int64
	ModeDeleted bool
	Sentence    string
	Error       string
	Compared    shell.Comparison
}

// RestorationForm asks before ?version= of a mode is restored.
func (p *Pages) RestorationForm(v *shell.Request) error {
	d, err := p.loadRestoration(v, v.Query("version"))
	if err != nil {
		return err
	}
	return p.confirmRestoration(v, d)
}

func (p *Pages) confirmRestoration(v *shell.Request, d modeRestoration) error {
	return v.Show("mode_versions_restoration", shell.Page{
		Title:  "Restore version " + strconv.FormatInt(d.Version, 10) + " of " + d.Name + "?",
		Crumbs: []shell.Crumb{{Name: "Modes", Path: v.Address("/modes")}, {Name: "History", Path: v.Address("/modes/" + d.Ref + "/history")}}, Data: d,
	})
}

func (p *Pages) loadRestoration(v *shell.Request, number string) (d modeRestoration, err error) {
	id, err := p.resolveID(v)
	if err != nil {
		return d, err
	}
	version, err := strconv.ParseInt(number, 10, 64)
	if err != nil || version < 1 {
		return d, shell.MalformedForm(err)
	}
	old, err := p.DB.Modes.Version(v.UserContext(), v.Org.ID, id, version)
	if err != nil {
		return d, err
	}
	d = modeRestoration{ID: id.String(), Ref: id.String(), Name: old.Object.Name, Version: version}
	now, err := p.DB.Modes.Get(v.UserContext(), v.Org.ID, id.String())
	switch {
	case fault.Is(err, fault.NotFound):
		d.ModeDeleted = true
		newest, err := p.DB.Modes.Versions(v.UserContext(), v.Org.ID, id, 0, 1)
		if err != nil {
			return d, err
		}
		d.CurrentVersion = newest[0].Version.Version
		d.NextVersion = d.CurrentVersion + 1
		return d, nil
	case err != nil:
		return d, err
	}
	d.Ref, d.CurrentVersion, d.NextVersion = paths.Mode(now.Slug, d.ID), now.Version, now.Version+1
	d.Sentence = describeChanges(modes.Diff(now.Mode, old.Object.Mode))
	d.Compared = compareModes("What changes", now.Mode, old.Object.Mode, false, v.DiffBudget()).
		WithSideNames("Version "+strconv.FormatInt(d.CurrentVersion, 10), "Version "+strconv.FormatInt(d.NextVersion, 10))
	return d, nil
}

// RestoreVersion makes an older version the current one, as a new version.
func (p *Pages) RestoreVersion(v *shell.Request) error {
	f := shell.ReadForm(v.Ctx)
	d, err := p.loadRestoration(v, f.Get("version"))
	if err != nil {
		return err
	}
	expected, _ := strconv.ParseInt(f.Get("seen"), 10, 64)
	id, err := shell.ParseID(d.ID)
	if err != nil {
		return err
	}
	restored, err := p.DB.Modes.Restore(v.UserContext(), v.By(), v.Org.ID, id, d.Version, expected)
	if refusal, ok := shell.AsUserError(err); ok {
		d.Error = refusal.Message + "."
		v.Status(422)
		return p.confirmRestoration(v, d)
	}
	if err != nil {
		return err
	}
	if !d.ModeDeleted && restored.Version == d.CurrentVersion {
		return v.RedirectWithFlash(v.Address("/modes/"+d.Ref+"/history"), shell.Flash{Text: restored.Name + " is identical to version " + strconv.FormatInt(d.Version, 10) + ": nothing was changed."})
	}
	s := shell.Flash{Text: restored.Name + " is restored to version " + strconv.FormatInt(d.Version, 10) + ", as version " + strconv.FormatInt(restored.Version, 10) + ". Editors get it at their next poll."}
	if !d.ModeDeleted {
		s.Undo = &shell.Undo{Path: v.Address("/modes/restorations"), Fields: []shell.Pair{shell.UndoField{ID: id, Version: d.CurrentVersion, ExpectedVersion: restored.Version}.Pair()}}
	}
	return v.RedirectWithFlash(v.Address("/modes/"+paths.Mode(restored.Slug, d.ID)+"/history"), s)
}
