package objects

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
	"orgmodes/internal/resource"
)

// versionItem is a version described in a sentence.
type versionItem struct {
	Version, Revision int64
	Author, Sentence  string
	CreatedAt         time.Time
	// Current is true for the current version, Deleted for a deletion.
	Current, Deleted bool
}

// versionsData is the data of the page with an object's history.
type versionsData struct {
	pageData
	// Base is the path of the object.
	Base, Name string
	Versions   []versionItem
	// Before is where this page begins, 0 on the first page. Older is where the next page
	// begins, 0 on the last one.
	Before, Older int64
	// From and To are the versions that are compared; 0 if none are.
	From, To int64
	Compared shell.Comparison
	// ObjectDeleted is true if the object is deleted.
	ObjectDeleted bool
	// Query is the query of the address, which names the versions to compare.
	Query string
}

// Contains reports whether a version is on this page of the history.
func (d versionsData) Contains(number int64) bool {
	return slices.ContainsFunc(d.Versions, func(v versionItem) bool { return v.Version == number })
}

type objectVersion = postgres.Version[resource.Object]

// Versions serves GET /:object/history: the versions of an object, deleted or not, the newest
// first. With the query parameter before, the page begins below that version. With from, it
// also compares the versions from and to; the default of to is the newest on the page.
func (p *Pages) Versions(v *shell.Request) error {
	id, err := shell.ParseID(v.Params("object"))
	if err != nil {
		return p.kind.NotFound()
	}
	before, _ := strconv.ParseInt(v.Query("before"), 10, 64)
	versions, more, err := shell.ReadHistoryPage(func(after *objectVersion, limit int) ([]objectVersion, error) {
		below := max(before, 0)
		if after != nil {
			below = after.Version.Version
		}
		return p.store.Versions(v.UserContext(), v.Org.ID, id, below, limit)
	}, func(version objectVersion) int { return len(version.Content) })
	if err != nil {
		return err
	}
	d := versionsData{pageData: p.newPageData(v), Base: p.path(v, "/"+id.String()), Before: max(before, 0), Query: string(v.Request().URI().QueryString())}
	if len(versions) == 0 {
		return v.Redirect(d.Base + "/history")
	}
	d.Name, d.ObjectDeleted = versions[0].Object.Spec.Title(), before == 0 && versions[0].Action == audit.Delete
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
		var previous *objectVersion
		if i+1 < len(versions) {
			previous = &versions[i+1]
		}
		row := versionItem{
			Version: version.Version.Version, Revision: version.Revision, CreatedAt: version.OccurredAt, Sentence: p.describeVersion(version, previous),
			Deleted: version.Action == audit.Delete, Current: before == 0 && i == 0 && version.Action != audit.Delete,
		}
		if row.Author, err = actors.Name(version.Actor.ID); err != nil {
			return err
		}
		d.Versions = append(d.Versions, row)
	}
	if err := p.compareVersions(v, id, &d); err != nil {
		return err
	}
	page := shell.Page{Title: "History", Lead: "Every version of " + d.Name + "; any of them can be restored.", Data: d}
	page.Crumbs = append(p.crumbs(v, nil), shell.Crumb{Name: d.Name, Path: d.Base})
	if d.ObjectDeleted {
		page.Crumbs[1] = shell.Crumb{Name: "Deleted", Path: p.path(v, "/deleted")}
	}
	return v.Show("object_versions", page)
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
	texts := make([]string, 2)
	for i, number := range []int64{from, to} {
		version, err := p.store.Version(v.UserContext(), v.Org.ID, id, number)
		if err != nil {
			return err
		}
		texts[i] = strings.TrimSuffix(p.manifestText(version.Object), "\n")
	}
	d.From, d.To = from, to
	d.Compared = shell.Compare("The two, line by line", texts[0], texts[1], v.DiffBudget()).
		WithSideNames("Version "+strconv.FormatInt(from, 10), "Version "+strconv.FormatInt(to, 10))
	return nil
}

// describeVersion describes a version, as a sentence that follows the author's name.
func (p *Pages) describeVersion(now objectVersion, previous *objectVersion) string {
	name := now.Object.Spec.Title()
	switch {
	case now.Action == audit.Delete:
		return "deleted it"
	case now.Action == audit.Create:
		return "created " + name
	case now.Action == audit.Import && previous == nil && now.Version.Version == 1:
		return "imported " + name
	case now.Action == audit.Restore && previous != nil && previous.Action == audit.Delete:
		return "restored it"
	}
	verb := "changed "
	if now.Action == audit.Restore {
		verb = "restored an older version: "
	}
	if previous == nil {
		return strings.TrimRight(verb, ": ") + " it"
	}
	var fields []string
	for _, c := range p.store.Diff(previous.Object, now.Object) {
		word := shell.FieldLabel(c.Pointer)
		fields = append(fields, strings.ToLower(word[:1])+word[1:])
	}
	return verb + strings.Join(shell.TruncateFieldList(fields), ", ")
}

// restoration is the data of the page that asks before a version is restored.
type restoration struct {
	pageData
	Base, Name              string
	Version, CurrentVersion int64
	// NextVersion is the number that the restored version gets. ObjectDeleted is true if
	// the object is deleted.
	NextVersion   int64
	ObjectDeleted bool
	Error         string
	Compared      shell.Comparison

	id uuid.UUID
}

// RestorationForm serves GET /:object/restorations?version=: the page that asks for
// confirmation before RestoreVersion. It shows the changes that restoring would make.
func (p *Pages) RestorationForm(v *shell.Request) error {
	d, err := p.loadRestoration(v, v.Query("version"))
	if err != nil {
		return err
	}
	return p.confirmRestoration(v, d)
}

func (p *Pages) confirmRestoration(v *shell.Request, d restoration) error {
	return v.Show("object_restoration", shell.Page{
		Title:  "Restore version " + strconv.FormatInt(d.Version, 10) + " of " + d.Name + "?",
		Crumbs: append(p.crumbs(v, nil), shell.Crumb{Name: "History", Path: d.Base + "/history"}), Data: d,
	})
}

func (p *Pages) loadRestoration(v *shell.Request, number string) (d restoration, err error) {
	d = restoration{pageData: p.newPageData(v)}
	if d.id, err = shell.ParseID(v.Params("object")); err != nil {
		return d, p.kind.NotFound()
	}
	if d.Version, err = strconv.ParseInt(number, 10, 64); err != nil || d.Version < 1 {
		return d, shell.MalformedForm(err)
	}
	old, err := p.store.Version(v.UserContext(), v.Org.ID, d.id, d.Version)
	if err != nil {
		return d, err
	}
	d.Base, d.Name = p.path(v, "/"+d.id.String()), old.Object.Spec.Title()
	newest, err := p.store.Versions(v.UserContext(), v.Org.ID, d.id, 0, 1)
	if err != nil {
		return d, err
	}
	d.CurrentVersion, d.ObjectDeleted = newest[0].Version.Version, newest[0].Action == audit.Delete
	d.NextVersion = d.CurrentVersion + 1
	if !d.ObjectDeleted {
		d.Compared = p.compare(v, &newest[0].Object, p.manifestText(old.Object)).
			WithSideNames("Version "+strconv.FormatInt(d.CurrentVersion, 10), "Version "+strconv.FormatInt(d.NextVersion, 10))
	}
	return d, nil
}

// RestoreVersion handles POST /:object/restorations: it saves the content of the version in
// the form field "version" as a new version of the object. It also restores a deleted
// object. The form field "seen" holds the newest version that the visitor has seen. If there
// is a newer one, RestoreVersion shows the page of RestorationForm again, with status 422.
// Otherwise it redirects to the history.
func (p *Pages) RestoreVersion(v *shell.Request) error {
	f := shell.ReadForm(v.Ctx)
	d, err := p.loadRestoration(v, f.Get("version"))
	if err != nil {
		return err
	}
	expected, _ := strconv.ParseInt(f.Get("seen"), 10, 64)
	restored, err := p.store.Restore(v.UserContext(), v.By(), v.Org.ID, d.id, d.Version, expected)
	if refusal, ok := shell.AsUserError(err); ok {
		d.Error = refusal.Message + "."
		v.Status(422)
		return p.confirmRestoration(v, d)
	}
	if err != nil {
		return err
	}
	s := shell.Flash{Text: restored.Spec.Title() + " is restored to version " + strconv.FormatInt(d.Version, 10) + ", as version " + strconv.FormatInt(restored.Version, 10) + "."}
	if !d.ObjectDeleted {
		s.Undo = &shell.Undo{Path: p.path(v, "/restorations"), Fields: []shell.Pair{p.undoField(d.id, d.CurrentVersion, restored.Version)}}
	}
	return v.RedirectWithFlash(d.Base+"/history", s)
}

// Restore handles POST /restorations: it undoes a deletion, a Save or a RestoreVersion. The
// messages about those have a button "Undo" that submits it. The form field "revision" holds
// the revision of a deletion, whose objects Restore restores. Each form field "object" holds
// a shell.UndoField, whose object Restore reverts to the version before the change.
//
// If any object has changed since, Restore changes none, and redirects to the list with a
// message. Otherwise it redirects to the object, or to the list if there are several.
func (p *Pages) Restore(v *shell.Request) error {
	f := shell.ReadForm(v.Ctx)
	var restorations []postgres.Restoration
	if number := f.Get("revision"); number != "" {
		revision, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return shell.MalformedForm(err)
		}
		if restorations, err = p.store.DeletedBy(v.UserContext(), v.Org.ID, revision); err != nil {
			return err
		}
	}
	for _, text := range f.Values("object") {
		u, err := shell.ParseUndoField(text)
		if err != nil {
			return err
		}
		restorations = append(restorations, postgres.Restoration{ID: u.ID, Version: u.Version, ExpectedVersion: u.ExpectedVersion})
	}
	restored, _, err := p.store.RestoreBatch(v.UserContext(), v.By(), v.Org.ID, restorations)
	if refusal, ok := shell.AsUserError(err); ok || fault.Is(err, fault.NotFound) {
		text := "It could not be undone."
		if ok && len(refusal.Fields) > 0 {
			text = "It could not be undone: " + refusal.Fields[0].Detail + "."
		}
		return v.RedirectWithFlash(p.path(v, ""), shell.Flash{Text: text, IsError: true})
	}
	if err != nil {
		return err
	}
	switch len(restored) {
	case 0:
		return v.RedirectWithFlash(p.path(v, ""), shell.Flash{Text: "There was nothing to undo."})
	case 1:
		return v.RedirectWithFlash(p.path(v, "/"+restored[0].ID.String()), shell.Flash{Text: restored[0].Spec.Title() + " is as it was before."})
	}
	return v.RedirectWithFlash(p.path(v, ""), shell.Flash{Text: strconv.Itoa(len(restored)) + " are as they were before."})
}
