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

// version is a version described in a sentence.
type version struct {
	Version, Revision int64
	Who, Sentence     string
	At                time.Time
	// Current is true for the current version, Deleted for a deletion.
	Current, Deleted bool
}

// versionsData is the data of the page with an object's history.
type versionsData struct {
	frame
	// Base is the path of the object.
	Base, Name string
	Versions   []version
	// Before is where this page begins, 0 on the first page. Older is where the next page
	// begins, 0 on the last one.
	Before, Older int64
	// From and To are the versions that are compared; 0 if none are.
	From, To int64
	Compared shell.Comparison
	// Gone is true if the object is deleted.
	Gone bool
	// Query is the query of the address, which names the versions to compare.
	Query string
}

// Lists reports whether a version is on this page of the history.
func (d versionsData) Lists(number int64) bool {
	return slices.ContainsFunc(d.Versions, func(v version) bool { return v.Version == number })
}

type past = postgres.Version[resource.Object]

// Versions lists the versions of an object, deleted or not. With ?from= and ?to= it also
// compares two of them.
func (p *Pages) Versions(v *shell.Visit) error {
	id, err := shell.ParseID(v.Params("object"))
	if err != nil {
		return p.kind.NotFound()
	}
	before, _ := strconv.ParseInt(v.Query("before"), 10, 64)
	got, more, err := shell.PageOfHistory(func(after *past, limit int) ([]past, error) {
		below := max(before, 0)
		if after != nil {
			below = after.Version.Version
		}
		return p.store.Versions(v.UserContext(), v.Org.ID, id, below, limit)
	}, func(one past) int { return len(one.Content) })
	if err != nil {
		return err
	}
	d := versionsData{frame: p.frame(v), Base: p.path(v, "/"+id.String()), Before: max(before, 0), Query: string(v.Request().URI().QueryString())}
	if len(got) == 0 {
		return v.Redirect(d.Base + "/history")
	}
	d.Name, d.Gone = got[0].Object.Spec.Title(), before == 0 && got[0].Action == audit.Delete
	shown := len(got)
	if more {
		shown-- // only the next page reads the predecessor of the last one
		d.Older = got[shown-1].Version.Version
	}
	who, err := v.People()
	if err != nil {
		return err
	}
	for i, one := range got[:shown] {
		var previous *past
		if i+1 < len(got) {
			previous = &got[i+1]
		}
		row := version{
			Version: one.Version.Version, Revision: one.Revision, At: one.OccurredAt, Sentence: p.sentence(one, previous),
			Deleted: one.Action == audit.Delete, Current: before == 0 && i == 0 && one.Action != audit.Delete,
		}
		if row.Who, err = who.Name(one.Actor.ID); err != nil {
			return err
		}
		d.Versions = append(d.Versions, row)
	}
	if err := p.compareVersions(v, id, &d); err != nil {
		return err
	}
	page := shell.Page{Title: "History", Lead: "Every version of " + d.Name + "; any of them can be restored.", Data: d}
	page.Crumbs = append(p.crumbs(v, nil), shell.Crumb{Name: d.Name, Path: d.Base})
	if d.Gone {
		page.Crumbs[1] = shell.Crumb{Name: "Deleted", Path: p.path(v, "/deleted")}
	}
	return v.Show("object_versions", page)
}

// compareVersions compares the versions that the address names.
func (p *Pages) compareVersions(v *shell.Visit, id uuid.UUID, d *versionsData) error {
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
		one, err := p.store.Version(v.UserContext(), v.Org.ID, id, number)
		if err != nil {
			return err
		}
		texts[i] = strings.TrimSuffix(p.text(one.Object), "\n")
	}
	d.From, d.To = from, to
	d.Compared = shell.Compare("The two, line by line", texts[0], texts[1], v.Budget()).
		Between("Version "+strconv.FormatInt(from, 10), "Version "+strconv.FormatInt(to, 10))
	return nil
}

// sentence describes a version, as a sentence that follows the author's name.
func (p *Pages) sentence(now past, previous *past) string {
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
		word := shell.FieldInWords(c.Pointer)
		fields = append(fields, strings.ToLower(word[:1])+word[1:])
	}
	return verb + strings.Join(shell.FirstOf(fields), ", ")
}

// restoration is the data of the page that asks before a version is restored.
type restoration struct {
	frame
	Base, Name    string
	Version, Seen int64
	// Next is the number that the restored version gets. Gone is true if the object is
	// deleted.
	Next     int64
	Gone     bool
	Wrong    string
	Compared shell.Comparison

	id uuid.UUID
}

// RestorationForm asks before ?version= of an object is restored.
func (p *Pages) RestorationForm(v *shell.Visit) error {
	d, err := p.restoration(v, v.Query("version"))
	if err != nil {
		return err
	}
	return p.askRestoration(v, d)
}

func (p *Pages) askRestoration(v *shell.Visit, d restoration) error {
	return v.Show("object_restoration", shell.Page{
		Title:  "Restore version " + strconv.FormatInt(d.Version, 10) + " of " + d.Name + "?",
		Crumbs: append(p.crumbs(v, nil), shell.Crumb{Name: "History", Path: d.Base + "/history"}), Data: d,
	})
}

func (p *Pages) restoration(v *shell.Visit, number string) (d restoration, err error) {
	d = restoration{frame: p.frame(v)}
	if d.id, err = shell.ParseID(v.Params("object")); err != nil {
		return d, p.kind.NotFound()
	}
	if d.Version, err = strconv.ParseInt(number, 10, 64); err != nil || d.Version < 1 {
		return d, shell.Unreadable(err)
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
	d.Seen, d.Gone = newest[0].Version.Version, newest[0].Action == audit.Delete
	d.Next = d.Seen + 1
	if !d.Gone {
		d.Compared = p.compare(v, &newest[0].Object, p.text(old.Object)).
			Between("Version "+strconv.FormatInt(d.Seen, 10), "Version "+strconv.FormatInt(d.Next, 10))
	}
	return d, nil
}

// RestoreVersion makes an older version the current one, as a new version.
func (p *Pages) RestoreVersion(v *shell.Visit) error {
	f := shell.ReadForm(v.Ctx)
	d, err := p.restoration(v, f.Get("version"))
	if err != nil {
		return err
	}
	seen, _ := strconv.ParseInt(f.Get("seen"), 10, 64)
	restored, err := p.store.Restore(v.UserContext(), v.By(), v.Org.ID, d.id, d.Version, seen)
	if refusal, ok := shell.IsMistake(err); ok {
		d.Wrong = refusal.Message + "."
		v.Status(422)
		return p.askRestoration(v, d)
	}
	if err != nil {
		return err
	}
	s := shell.Said{Text: restored.Spec.Title() + " is restored to version " + strconv.FormatInt(d.Version, 10) + ", as version " + strconv.FormatInt(restored.Version, 10) + "."}
	if !d.Gone {
		s.Undo = &shell.Undo{Path: p.path(v, "/restorations"), Fields: []shell.Pair{p.undoing(d.id, d.Seen, restored.Version)}}
	}
	return v.Done(d.Base+"/history", s)
}

// Restore undoes changes. It restores the objects that one revision deleted, or objects as
// they were before a version that no one has replaced since.
func (p *Pages) Restore(v *shell.Visit) error {
	f := shell.ReadForm(v.Ctx)
	var wanted []postgres.Restoration
	if number := f.Get("revision"); number != "" {
		revision, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return shell.Unreadable(err)
		}
		if wanted, err = p.store.DeletedBy(v.UserContext(), v.Org.ID, revision); err != nil {
			return err
		}
	}
	for _, text := range f.All("object") {
		u, err := shell.UndoingOf(text)
		if err != nil {
			return err
		}
		wanted = append(wanted, postgres.Restoration{ID: u.ID, Version: u.Version, Seen: u.Seen})
	}
	restored, _, err := p.store.RestoreAll(v.UserContext(), v.By(), v.Org.ID, wanted)
	if refusal, ok := shell.IsMistake(err); ok || fault.Is(err, fault.NotFound) {
		text := "It could not be undone."
		if ok && len(refusal.Fields) > 0 {
			text = "It could not be undone: " + refusal.Fields[0].Detail + "."
		}
		return v.Done(p.path(v, ""), shell.Said{Text: text, Bad: true})
	}
	if err != nil {
		return err
	}
	switch len(restored) {
	case 0:
		return v.Done(p.path(v, ""), shell.Said{Text: "There was nothing to undo."})
	case 1:
		return v.Done(p.path(v, "/"+restored[0].ID.String()), shell.Said{Text: restored[0].Spec.Title() + " is as it was before."})
	}
	return v.Done(p.path(v, ""), shell.Said{Text: strconv.Itoa(len(restored)) + " are as they were before."})
}
