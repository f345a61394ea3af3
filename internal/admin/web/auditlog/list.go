package auditlog

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/web/paths"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/audit"
	"orgmodes/internal/fault"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// auditPage is the number of entries per page.
const auditPage = 50

// audited selects the entries of the audit log to show, as given in the address.
type audited struct {
	Text, Actor, Subject, Kind string
	Actions                    []string
	// Since and Until are days, or times in the format of the API. If Until is a day, it is
	// inclusive: people who say "to 3 May" mean that day too.
	Since, Until string
	// Before is the id of the last entry of the previous page.
	Before int64
}

func auditedOf(v *shell.Visit) audited {
	a := audited{
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

// filter returns the filter for postgres. If a time can't be parsed, wrong has an error on
// its field.
func (a audited) filter() (f postgres.AuditFilter, wrong shell.Form) {
	f = postgres.AuditFilter{
		Text: a.Text, ActorID: a.Actor, SubjectID: a.Subject, SubjectKind: audit.SubjectKind(a.Kind),
		Actions: a.Actions, Before: max(a.Before, 0),
	}
	var ok bool
	if f.Since, _, ok = momentOf(a.Since); !ok {
		wrong = wrong.Refuse("since", "Give a day such as 2026-05-01, or a time such as 2026-05-01T12:00:00Z")
	}
	until, day, ok := momentOf(a.Until)
	if !ok {
		wrong = wrong.Refuse("until", "Give a day such as 2026-05-31, or a time such as 2026-05-31T12:00:00Z")
	}
	if f.Until = until; day {
		f.Until = until.AddDate(0, 0, 1)
	}
	return f, wrong
}

// momentOf parses a day, in UTC, or a time in RFC 3339. day reports which one it is. An
// empty string is the zero time.
func momentOf(s string) (t time.Time, day, ok bool) {
	if s == "" {
		return time.Time{}, false, true
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, true, true
	}
	t, err := time.Parse(time.RFC3339, s)
	return t.UTC(), false, err == nil
}

// Query returns the query string of the current filter with changes. change holds pairs of
// a name and a value; the value "" removes the parameter.
func (a audited) Query(change ...string) string {
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

// Narrowed reports whether the filter excludes any entries.
func (a audited) Narrowed() bool { return a.Query() != "" }

// Has reports whether the filter selects an action.
func (a audited) Has(action string) bool { return slices.Contains(a.Actions, action) }

// auditData is the data of the page.
type auditData struct {
	audited
	Wrong  shell.Form
	Lines  []auditLine
	Actors []actor
	Groups []actionGroup
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
func (p *Pages) List(v *shell.Visit) error {
	d := auditData{audited: auditedOf(v), Groups: actionGroups}
	f, wrong := d.filter()
	d.Wrong = wrong
	who, err := v.People()
	if err != nil {
		return err
	}
	if len(wrong.Order) == 0 {
		f.Limit = auditPage + 1 // one more, to tell whether there are older entries
		got, err := p.DB.AuditHeads(v.UserContext(), v.Org.ID, f)
		if err != nil {
			return err
		}
		if len(got) > auditPage {
			got = got[:auditPage]
			d.Older = "?" + d.Query("before", strconv.FormatInt(got[auditPage-1].ID, 10))
		}
		if d.Lines, err = p.auditHeads(v, got); err != nil {
			return err
		}
	} else {
		v.Status(fiber.StatusUnprocessableEntity)
	}
	if d.Before > 0 {
		d.Newest = "?" + d.Query()
	}
	if d.Actors, err = d.actors(who); err != nil {
		return err
	}
	for _, format := range []struct{ value, label string }{{"csv", "CSV"}, {"jsonl", "JSON Lines"}} {
		d.Exports = append(d.Exports, shell.Choice{
			Value: format.value, Label: format.label, Path: v.Address("/audit/export") + "?" + d.Query("format", format.value),
		})
	}
	for _, l := range d.Lines {
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
func (a audited) actors(who *shell.People) ([]actor, error) {
	var out []actor
	for id, name := range who.Names {
		out = append(out, actor{ID: id, Name: name, Current: id == a.Actor})
	}
	slices.SortFunc(out, func(a, b actor) int { return strings.Compare(a.Name, b.Name) })
	if _, listed := who.Names[a.Actor]; a.Actor != "" && !listed {
		name, err := who.Name(a.Actor)
		if err != nil {
			return nil, err
		}
		out = append(out, actor{ID: a.Actor, Name: name, Current: true})
	}
	return out, nil
}

// Entry shows one entry with its full diff.
func (p *Pages) Entry(v *shell.Visit) error {
	gone := fault.New(fault.NotFound, "not_found", "There is no such entry in the audit log of %s", v.Org.Name)
	id, err := strconv.ParseInt(v.Params("entry"), 10, 64)
	if err != nil || id < 1 {
		return gone
	}
	got, err := p.DB.AuditEntry(v.UserContext(), v.Org.ID, id)
	if fault.Is(err, fault.NotFound) {
		return gone
	}
	if err != nil {
		return err
	}
	line := auditLineOf(got, v.Budget())
	if err := p.leadOn(v, []*auditLine{&line}); err != nil {
		return err
	}
	return v.Show("audit_entry", shell.Page{
		Title: line.Sentence(), Crumbs: []shell.Crumb{{Name: "Audit log", Path: v.Address("/audit")}}, Data: line,
	})
}

// auditContentBytes limits the contents that a page reads to name the changed fields.
const auditContentBytes = 2 << 20

// auditHeads returns the lines of a list. The changed fields of each entry are read and
// named only once, and then cached: an entry never changes, and its contents can be long.
// Entries beyond the budget of the page only link to their own page.
func (p *Pages) auditHeads(v *shell.Visit, entries []postgres.AuditHead) ([]auditLine, error) {
	lines, unknown := make([]auditLine, len(entries)), []postgres.AuditHead(nil)
	for i, e := range entries {
		lines[i] = auditHeadOf(e.Entry)
		var ok bool
		if lines[i].Fields, ok = p.fieldsMade.Get(auditKey{v.Org.ID, e.ID}); !ok {
			unknown = append(unknown, e)
		}
	}
	if len(unknown) > 0 {
		contents, err := p.DB.AuditContents(v.UserContext(), v.Org.ID, unknown, auditContentBytes)
		if err != nil {
			return nil, err
		}
		for i, e := range entries {
			key := auditKey{v.Org.ID, e.ID}
			if _, known := p.fieldsMade.Get(key); known {
				continue
			}
			content, ok := contents[e.ID]
			if !ok {
				lines[i].Long = true
				continue
			}
			e.Before, e.After = content.Before, content.After
			lines[i].Fields = changedFields(e.Entry)
			p.fieldsMade.Put(key, lines[i].Fields)
		}
	}
	pointers := make([]*auditLine, len(lines))
	for i := range lines {
		pointers[i] = &lines[i]
	}
	return lines, p.leadOn(v, pointers)
}

// auditKey identifies an entry in an organization's audit log.
type auditKey struct {
	org uuid.UUID
	id  int64
}

func newFields() shell.Memory[auditKey, string] {
	const bytes, overhead = 8 << 20, 100
	return shell.Remember[auditKey](bytes, func(s string) int { return len(s) + overhead })
}

// leadOn sets the addresses of lines and of their subjects.
func (p *Pages) leadOn(v *shell.Visit, lines []*auditLine) error {
	entries := make([]audit.Entry, len(lines))
	for i, l := range lines {
		entries[i] = l.Entry
	}
	there, err := p.subjectsThere(v, entries)
	if err != nil {
		return err
	}
	for _, l := range lines {
		l.Path = v.Address("/audit/" + strconv.FormatInt(l.ID, 10))
		l.SubjectPath = there[l.Subject.ID]
	}
	return nil
}

// subjectsThere returns the addresses of the subjects that still exist, by their ids.
func (p *Pages) subjectsThere(v *shell.Visit, entries []audit.Entry) (map[string]string, error) {
	about := func(kind audit.SubjectKind) bool {
		return slices.ContainsFunc(entries, func(e audit.Entry) bool { return e.Subject.Kind == kind })
	}
	there := map[string]string{}
	if about(audit.Mode) && v.LeadsTo("/modes/:mode") {
		all, err := p.DB.ModeHeads(v.UserContext(), v.Org.ID)
		if err != nil {
			return nil, err
		}
		for _, m := range all {
			there[m.ID.String()] = v.Address("/modes/" + paths.Mode(m.Slug, m.ID.String()))
		}
	}
	for _, k := range p.DB.Kinds() {
		names := k.Names()
		if names.Singular == modes.KindName || !about(audit.SubjectKind(names.Singular)) || !v.LeadsTo("/"+names.Plural+"/:object") {
			continue
		}
		all, err := p.DB.Objects(names.Singular).List(v.UserContext(), v.Org.ID)
		if err != nil {
			return nil, err
		}
		for _, o := range all {
			there[o.ID.String()] = v.Address("/" + names.Plural + "/" + o.ID.String())
		}
	}
	if about(audit.AccessToken) && v.May(access.Request{Action: access.ReadTokens}).Allowed {
		for _, e := range entries {
			if _, err := uuid.Parse(e.Subject.ID); e.Subject.Kind == audit.AccessToken && err == nil {
				there[e.Subject.ID] = v.Address("/tokens?token=" + e.Subject.ID)
			}
		}
	}
	if about(audit.Member) && v.LeadsTo("/members") {
		for _, e := range entries {
			if e.Subject.Kind == audit.Member {
				there[e.Subject.ID] = v.Address("/members")
			}
		}
	}
	return there, nil
}
