package auditlog

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/auditexport"
	"orgmodes/internal/admin/web/paths"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// pageSize is the number of entries per page.
const pageSize = 50

// auditQuery selects the entries of the audit log to show, as given in the address.
type auditQuery struct {
	Text, Actor, Subject, Kind string
	Actions                    []string
	// Since and Until are days, or times in the format of the API. If Until is a day, it is
	// inclusive: people who say "to 3 May" mean that day too.
	Since, Until string
	// Before is the id of the last entry of the previous page.
	Before int64
}

func parseQuery(v *shell.Request) auditQuery {
	a := auditQuery{
		Text: strings.TrimSpace(v.Query("q")), Actor: v.Query("actor"), Subject: v.Query("subject"), Kind: v.Query("kind"),
		Since: v.Query("since"), Until: v.Query("until"),
	}
	for _, action := range v.Context().QueryArgs().PeekMulti("action") {
		if s := string(action); s != "" && !slices.Contains(a.Actions, s) {
			a.Actions = append(a.Actions, s)
		}
	}
	a.Before, _ = strconv.ParseInt(v.Query("before"), 10, 64)
	return a
}

// filter returns the filter for postgres. If a time can't be parsed, form has an error on
// its field.
func (a auditQuery) filter() (f postgres.AuditFilter, form shell.Form) {
	f = postgres.AuditFilter{
		Text: a.Text, ActorID: a.Actor, SubjectID: a.Subject, SubjectKind: audit.SubjectKind(a.Kind),
		Actions: a.Actions, Before: max(a.Before, 0),
	}
	var err error
	if f.Since, err = audit.ParseSince(a.Since); err != nil {
		form = form.AddError("since", "Give a day such as 2026-05-01, or a time such as 2026-05-01T12:00:00Z")
	}
	if f.Until, err = audit.ParseUntil(a.Until); err != nil {
		form = form.AddError("until", "Give a day such as 2026-05-31, or a time such as 2026-05-31T12:00:00Z")
	}
	return f, form
}

// Query returns the query string of the current filter with changes. change holds pairs of
// a name and a value; the value "" removes the parameter.
func (a auditQuery) Query(change ...string) string {
	q := url.Values{}
	set := func(name, value string) {
		q.Del(name)
		if value != "" {
			q.Set(name, value)
		}
	}
	set("q", a.Text)
	set("actor", a.Actor)
	set("subject", a.Subject)
	set("kind", a.Kind)
	set("since", a.Since)
	set("until", a.Until)
	if len(a.Actions) > 0 {
		q["action"] = a.Actions
	}
	for i := 0; i+1 < len(change); i += 2 {
		set(change[i], change[i+1])
	}
	return q.Encode()
}

// Filtered reports whether the filter excludes any entries.
func (a auditQuery) Filtered() bool { return a.Query() != "" }

// Has reports whether the filter selects an action.
func (a auditQuery) Has(action string) bool { return slices.Contains(a.Actions, action) }

// auditData is the data of the page.
type auditData struct {
	auditQuery
	Form    shell.Form
	Entries []auditEntry
	Actors  []actor
	Groups  []actionGroup
	// SubjectName is the name of the subject that the list is filtered by, if any.
	SubjectName string
	// Older and Newest are the addresses of other pages, empty if there are none.
	Older, Newest string
	// Exports link to files of exactly the filtered entries.
	Exports []shell.Choice
}

// actor is an actor to filter by.
type actor struct {
	ID, Name string
	Current  bool
}

// List shows the entries that the query selects.
func (p *Pages) List(v *shell.Request) error {
	d := auditData{auditQuery: parseQuery(v), Groups: actionGroups}
	f, form := d.filter()
	d.Form = form
	actors, err := v.Actors()
	if err != nil {
		return err
	}
	if len(form.ErrorFields) == 0 {
		f.Limit = pageSize + 1 // one more, to tell whether there are older entries
		got, err := p.DB.AuditSummaries(v.UserContext(), v.Org.ID, f)
		if err != nil {
			return err
		}
		if len(got) > pageSize {
			got = got[:pageSize]
			d.Older = "?" + d.Query("before", strconv.FormatInt(got[pageSize-1].ID, 10))
		}
		if d.Entries, err = p.entrySummaries(v, got); err != nil {
			return err
		}
	} else {
		v.Status(fiber.StatusUnprocessableEntity)
	}
	if d.Before > 0 {
		d.Newest = "?" + d.Query()
	}
	if d.Actors, err = d.actors(actors); err != nil {
		return err
	}
	for _, c := range []struct {
		label string
		query []string
	}{
		{"CSV", []string{"format", auditexport.CSV}},
		{"CSV for Excel", []string{"format", auditexport.CSV, "bom", "true"}},
		{"JSON Lines", []string{"format", auditexport.JSONL}},
	} {
		d.Exports = append(d.Exports, shell.Choice{Label: c.label, Path: v.Address("/audit/export") + "?" + d.Query(c.query...)})
	}
	for _, l := range d.Entries {
		if d.Subject != "" && l.Subject.ID == d.Subject {
			d.SubjectName = l.Subject.Name
			break
		}
	}
	return v.Show("audit_list", shell.Page{
		Title: "Audit log", Lead: "Who changed what, when, and from where. Nothing here can be changed or deleted.", Data: d,
	})
}

// actors returns the actors to choose from: the members, and the one that the list is
// filtered by.
func (a auditQuery) actors(actors *shell.Actors) ([]actor, error) {
	var out []actor
	for id, name := range actors.Names {
		out = append(out, actor{ID: id, Name: name, Current: id == a.Actor})
	}
	slices.SortFunc(out, func(a, b actor) int { return strings.Compare(a.Name, b.Name) })
	if _, listed := actors.Names[a.Actor]; a.Actor != "" && !listed {
		name, err := actors.Name(a.Actor)
		if err != nil {
			return nil, err
		}
		out = append(out, actor{ID: a.Actor, Name: name, Current: true})
	}
	return out, nil
}

// Entry shows one entry with its full diff.
func (p *Pages) Entry(v *shell.Request) error {
	notFound := fault.New(fault.NotFound, "not_found", "There is no such entry in the audit log of %s", v.Org.Name)
	id, err := strconv.ParseInt(v.Params("entry"), 10, 64)
	if err != nil || id < 1 {
		return notFound
	}
	got, err := p.DB.AuditEntry(v.UserContext(), v.Org.ID, id)
	if fault.Is(err, fault.NotFound) {
		return notFound
	}
	if err != nil {
		return err
	}
	line := newAuditEntry(got, v.DiffBudget())
	if err := p.resolveLinks(v, []*auditEntry{&line}); err != nil {
		return err
	}
	return v.Show("audit_entry", shell.Page{
		Title: line.Sentence(), Crumbs: []shell.Crumb{{Name: "Audit log", Path: v.Address("/audit")}}, Data: line,
	})
}

// maxContentBytes limits the contents that a page reads to name the changed fields.
const maxContentBytes = 2 << 20

// entrySummaries returns the lines of a list. The changed fields of each entry are read and
// named only once, and then cached: an entry never changes, and its contents can be long.
// Entries beyond the budget of the page only link to their own page.
func (p *Pages) entrySummaries(v *shell.Request, entries []postgres.AuditSummary) ([]auditEntry, error) {
	lines, uncached := make([]auditEntry, len(entries)), []postgres.AuditSummary(nil)
	for i, e := range entries {
		lines[i] = newEntrySummary(e.Entry)
		var ok bool
		if lines[i].Fields, ok = p.fieldCache.Get(entryKey{v.Org.ID, e.ID}); !ok {
			uncached = append(uncached, e)
		}
	}
	if len(uncached) > 0 {
		contents, err := p.DB.AuditContents(v.UserContext(), v.Org.ID, uncached, maxContentBytes)
		if err != nil {
			return nil, err
		}
		for i, e := range entries {
			key := entryKey{v.Org.ID, e.ID}
			if _, cached := p.fieldCache.Get(key); cached {
				continue
			}
			content, ok := contents[e.ID]
			if !ok {
				lines[i].FieldsOmitted = true
				continue
			}
			e.Before, e.After = content.Before, content.After
			lines[i].Fields = changedFields(e.Entry)
			p.fieldCache.Put(key, lines[i].Fields)
		}
	}
	pointers := make([]*auditEntry, len(lines))
	for i := range lines {
		pointers[i] = &lines[i]
	}
	return lines, p.resolveLinks(v, pointers)
}

// entryKey identifies an entry in an organization's audit log.
type entryKey struct {
	org uuid.UUID
	id  int64
}

func newFieldCache() shell.Cache[entryKey, string] {
	const bytes, overhead = 8 << 20, 100
	return shell.NewCache[entryKey](bytes, func(s string) int { return len(s) + overhead })
}

// resolveLinks sets the addresses of lines and of their subjects.
func (p *Pages) resolveLinks(v *shell.Request, lines []*auditEntry) error {
	entries := make([]audit.Entry, len(lines))
	for i, l := range lines {
		entries[i] = l.Entry
	}
	links, err := p.subjectLinks(v, entries)
	if err != nil {
		return err
	}
	for _, l := range lines {
		l.Path = v.Address("/audit/" + strconv.FormatInt(l.ID, 10))
		l.SubjectPath = links[l.Subject.ID]
	}
	return nil
}

// subjectLinks returns the addresses of the subjects that still exist, by their ids.
func (p *Pages) subjectLinks(v *shell.Request, entries []audit.Entry) (map[string]string, error) {
	hasKind := func(kind audit.SubjectKind) bool {
		return slices.ContainsFunc(entries, func(e audit.Entry) bool { return e.Subject.Kind == kind })
	}
	links := map[string]string{}
	if hasKind(audit.Mode) && v.HasRoute("/modes/:mode") {
		all, err := p.DB.ModeSummaries(v.UserContext(), v.Org.ID)
		if err != nil {
			return nil, err
		}
		for _, m := range all {
			links[m.ID.String()] = v.Address("/modes/" + paths.Mode(m.Slug, m.ID.String()))
		}
	}
	for _, k := range p.DB.Kinds() {
		names := k.Names()
		if names.Singular == modes.KindName || !hasKind(audit.SubjectKind(names.Singular)) || !v.HasRoute("/"+names.Plural+"/:object") {
			continue
		}
		all, err := p.DB.Objects(names.Singular).List(v.UserContext(), v.Org.ID)
		if err != nil {
			return nil, err
		}
		for _, o := range all {
			links[o.ID.String()] = v.Address("/" + names.Plural + "/" + o.ID.String())
		}
	}
	if hasKind(audit.AccessToken) && v.May(access.Request{Action: access.ReadTokens}).Allowed {
		for _, e := range entries {
			if _, err := uuid.Parse(e.Subject.ID); e.Subject.Kind == audit.AccessToken && err == nil {
				links[e.Subject.ID] = v.Address("/tokens?token=" + e.Subject.ID)
			}
		}
	}
	if hasKind(audit.Member) && v.HasRoute("/members") {
		for _, e := range entries {
			if e.Subject.Kind == audit.Member {
				links[e.Subject.ID] = v.Address("/members")
			}
		}
	}
	return links, nil
}
