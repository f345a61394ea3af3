package web

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"orgmodes/internal/access"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// listed is which modes to show, as the address says.
type listed struct{ Search, Show, Sort string }

// choice is one of several ways to look at the list.
type choice struct {
	Value, Label, Path string
	Current            bool
}

var (
	shows = []choice{
		{Value: "", Label: "All"},
		{Value: "ours", Label: "Ours"},
		{Value: "overrides", Label: "Overrides"},
		{Value: "untouched", Label: "Untouched"},
		{Value: "advice", Label: "With advice"},
	}
	sorts = []choice{
		{Value: "", Label: "As editors list them"},
		{Value: "name", Label: "By name"},
		{Value: "changed", Label: "Last changed first"},
	}
)

// modesData is what the page of all modes shows.
type modesData struct {
	listed
	Live     live
	Builtins []modeRow
	Own      []modeRow
	// None says that the organization has no modes of its own, Narrowed that not
	// all modes are shown.
	None, Narrowed bool
	// Total is how many modes editors get; Shown how many of them are listed.
	Total, Shown int
	Shows, Sorts []choice
	// Choosable is how many of those listed can be chosen; Deleted says that some
	// modes can be brought back.
	Choosable int
	Deleted   bool
	// Change is whether the visitor may change the library.
	Change access.Verdict
	// Order is whether the list can be reordered as it is shown.
	Order access.Verdict
}

func (w *Web) modesList(v *visit) error {
	l := listed{Search: strings.TrimSpace(v.Query("q")), Show: v.Query("show"), Sort: v.Query("sort")}
	all, found, revision, err := w.summarized(v)
	if err != nil {
		return err
	}
	v.org.Revision = revision
	who, err := v.people()
	if err != nil {
		return err
	}
	d := modesData{listed: l, Change: v.may(access.Request{Action: access.ChangeLibrary}), None: len(all) == 0}
	if d.Builtins, d.Own, err = w.rows(all, found, who); err != nil {
		return err
	}
	d.Total = len(d.Builtins) + len(d.Own)
	d.Builtins, d.Own = l.of(d.Builtins), l.of(d.Own)
	d.Shown = len(d.Builtins) + len(d.Own)
	for _, r := range append(d.Builtins[:len(d.Builtins):len(d.Builtins)], d.Own...) {
		if r.Ours() {
			d.Choosable++
		}
	}
	if d.Deleted, err = w.someDeleted(v); err != nil {
		return err
	}
	d.Narrowed = l.Search != "" || l.Show != ""
	d.Shows, d.Sorts = l.choices(shows, "show"), l.choices(sorts, "sort")
	d.Order = d.Change
	if d.Order.Allowed && (d.Narrowed || l.Sort != "") {
		d.Order = access.Verdict{Reason: "The order can be changed where all modes are shown as editors list them"}
	}
	if d.Live, err = v.live(d.Total); err != nil {
		return err
	}
	p := page{Title: "Modes", Lead: "What agents can be, in every editor of " + v.org.Name + ".", Data: d}
	if v.leadsTo("/modes/export") {
		p.Actions = append(p.Actions, action{Label: "Export", Path: v.path("/modes/export"), May: access.Verdict{Allowed: true}})
	}
	if v.leadsTo("/modes/import") {
		p.Actions = append(p.Actions, action{Label: "Import", Path: v.path("/modes/import"), May: d.Change})
	}
	if v.leadsTo("/modes/new") {
		p.Actions = append(p.Actions, action{Label: "New mode", Path: v.path("/modes/new"), Primary: true, Key: "n", May: d.Change})
	}
	return v.render("modes", p)
}

func (v *visit) leadsTo(path string) bool { _, ok := v.w.pages[path]; return ok }

// of returns the rows that are to be shown, in the order in which they are.
func (l listed) of(rows []modeRow) []modeRow {
	var out []modeRow
	search := strings.ToLower(l.Search)
	for _, r := range rows {
		if r.isOf(l.Show) && (search == "" || strings.Contains(r.text, search)) {
			out = append(out, r)
		}
	}
	switch l.Sort {
	case "name":
		slices.SortStableFunc(out, func(a, b modeRow) int {
			return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
		})
	case "changed":
		slices.SortStableFunc(out, func(a, b modeRow) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
	}
	return out
}

// choices are the ways to look at the list, each with the address that leads to
// it and changes nothing else.
func (l listed) choices(all []choice, name string) []choice {
	now := map[string]string{"q": l.Search, "show": l.Show, "sort": l.Sort}
	out := make([]choice, len(all))
	for i, c := range all {
		c.Current = now[name] == c.Value
		query := url.Values{}
		for key, value := range now {
			if key == name {
				value = c.Value
			}
			if value != "" {
				query.Set(key, value)
			}
		}
		c.Path = "?" + query.Encode()
		out[i] = c
	}
	return out
}

// rows are the built-in modes, each as it is or overridden, and the
// organization's others.
func (w *Web) rows(all []postgres.ModeHead, found []summary, who *people) (builtins, own []modeRow, err error) {
	bySlug := map[string]modeRow{}
	for i, m := range all {
		r := rowOf(m.Slug, m.Name, found[i])
		r.ID, r.Version, r.UpdatedAt, r.key = m.ID.String(), m.Version, m.UpdatedAt, keyOf(m.ID, m.Version, m.UpdatedAt)
		if r.By, err = who.name(m.UpdatedBy); err != nil {
			return nil, nil, err
		}
		bySlug[modes.SlugKey(m.Slug)] = r
	}
	for _, b := range w.Builtins {
		r, overridden := bySlug[modes.SlugKey(b.Slug)]
		if !overridden {
			r = rowOf(b.Slug, b.Name, summaryOf(b))
		}
		r.Builtin, r.Overrides = true, overridden
		builtins = append(builtins, r)
		delete(bySlug, modes.SlugKey(b.Slug))
	}
	for _, m := range all {
		if r, ok := bySlug[modes.SlugKey(m.Slug)]; ok {
			own = append(own, r)
		}
	}
	for i := range own {
		own[i].Place, own[i].Of = i+1, len(own)
	}
	return builtins, own, nil
}
