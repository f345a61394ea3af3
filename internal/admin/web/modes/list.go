package modes

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/modes"
	"orgmodes/internal/postgres"
)

// listQuery is the search, filter and sort order in the address.
type listQuery struct{ Search, Filter, Sort string }

var (
	filters = []shell.Choice{
		{Value: "", Label: "All"},
		{Value: "ours", Label: "Ours"},
		{Value: "overrides", Label: "Overrides"},
		{Value: "untouched", Label: "Untouched"},
		{Value: "advice", Label: "With advice"},
	}
	sortOrders = []shell.Choice{
		{Value: "", Label: "As editors list them"},
		{Value: "name", Label: "By name"},
		{Value: "changed", Label: "Last changed first"},
	}
)

// modesData is the data of the page of all modes.
type modesData struct {
	pages *Pages
	listQuery
	PublicationLine shell.PublicationLine
	Builtins        []modeRow
	Own             []modeRow
	// NoOwnModes is true if the organization has no modes besides the built-in ones,
	// Filtered if the list is filtered.
	NoOwnModes, Filtered bool
	// Total is how many modes editors get, Shown how many of them are listed.
	Total, Shown        int
	Filters, SortOrders []shell.Choice
	// Selectable is how many of the listed modes can be selected. Deleted is true if there
	// are deleted modes to restore.
	Selectable int
	HasDeleted bool
	// NewDrafts lists the user's drafts of new modes.
	NewDrafts shell.DraftSummaries
	// Can holds what the user is allowed to do with modes.
	Can actions.Verdicts
	// Order reports whether the list can be reordered as it is shown.
	Order access.Decision
}

// List shows the modes that editors get.
func (p *Pages) List(v *shell.Request) error {
	l := listQuery{Search: strings.TrimSpace(v.Query("q")), Filter: v.Query("show"), Sort: v.Query("sort")}
	all, found, revision, err := p.loadSummaries(v)
	if err != nil {
		return err
	}
	v.Org.Revision = revision
	actors, err := v.Actors()
	if err != nil {
		return err
	}
	d := modesData{pages: p, listQuery: l, Can: v.Can(modes.KindName), NoOwnModes: len(all) == 0}
	if d.Builtins, d.Own, err = p.rows(all, found, actors); err != nil {
		return err
	}
	if d.NewDrafts, err = p.Drafts.List(v); err != nil {
		return err
	}
	for _, rows := range [][]modeRow{d.Builtins, d.Own} {
		for i := range rows {
			rows[i].Draft = d.NewDrafts.Remove(rows[i].subject)
		}
	}
	d.Total = len(d.Builtins) + len(d.Own)
	d.Builtins, d.Own = l.apply(d.Builtins), l.apply(d.Own)
	d.Shown = len(d.Builtins) + len(d.Own)
	for _, r := range append(d.Builtins[:len(d.Builtins):len(d.Builtins)], d.Own...) {
		if r.IsOwn() {
			d.Selectable++
		}
	}
	if d.HasDeleted, err = p.hasDeleted(v); err != nil {
		return err
	}
	d.Filtered = l.Search != "" || l.Filter != ""
	d.Filters, d.SortOrders = l.choices(filters, "show"), l.choices(sortOrders, "sort")
	d.Order = d.Can.Move
	if d.Order.Allowed && (d.Filtered || l.Sort != "") {
		d.Order = access.Decision{Reason: "The order can be changed where all modes are shown as editors list them"}
	}
	if d.PublicationLine, err = v.PublicationLine(d.Total); err != nil {
		return err
	}
	page := shell.Page{Title: "Modes", Lead: "What agents can be, in every editor of " + v.Org.Name + ".", Data: d}
	if v.HasRoute("/modes/export") {
		page.Actions = append(page.Actions, shell.Action{Label: "Export", Path: v.Address("/modes/export"), May: d.Can.Export})
	}
	if v.HasRoute("/modes/import") {
		page.Actions = append(page.Actions, shell.Action{Label: "Import", Path: v.Address("/modes/import"), May: d.Can.Import})
	}
	if v.HasRoute("/modes/new") {
		page.Actions = append(page.Actions, shell.Action{Label: "New mode", Path: v.Address("/modes/new"), Primary: true, Key: "n", May: d.Can.Create})
	}
	return v.Show("modes", page)
}

// Count returns how many modes editors get, for the sidebar. Error pages have a sidebar,
// too: ok is false if the modes can't be counted, and then it shows no number.
func (p *Pages) Count(v *shell.Request) (n int, ok bool) {
	own, err := p.DB.CountModesExcept(v.UserContext(), v.Org.ID, p.Builtins)
	return own + len(p.Builtins), err == nil
}

// apply returns the rows to show, in the selected order.
func (l listQuery) apply(rows []modeRow) []modeRow {
	var out []modeRow
	search := strings.ToLower(l.Search)
	for _, r := range rows {
		if r.matches(l.Filter) && (search == "" || strings.Contains(r.searchText, search)) {
			out = append(out, r)
		}
	}
	switch l.Sort {
	case "name":
		// By the label: the symbol in front of a name has no place in an alphabet. A collator
		// can't be used concurrently.
		collator := collate.New(language.Und, collate.Numeric)
		slices.SortStableFunc(out, func(a, b modeRow) int { return collator.CompareString(a.Label, b.Label) })
	case "changed":
		slices.SortStableFunc(out, func(a, b modeRow) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
	}
	return out
}

// choices returns the options of one parameter of the list. The address of each changes
// that parameter and nothing else.
func (l listQuery) choices(all []shell.Choice, name string) []shell.Choice {
	now := map[string]string{"q": l.Search, "show": l.Filter, "sort": l.Sort}
	out := make([]shell.Choice, len(all))
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

// rows returns the built-in modes, each as it is or overridden, and the organization's
// other modes.
func (p *Pages) rows(all []postgres.ModeSummary, found []summary, actors *shell.Actors) (builtins, own []modeRow, err error) {
	bySlug := map[string]modeRow{}
	for i, m := range all {
		r := newRow(m.Slug, m.Name, found[i])
		r.ID, r.Version, r.UpdatedAt, r.key = m.ID.String(), m.Version, m.UpdatedAt, newVersionKey(m.ID, m.Version, m.UpdatedAt)
		r.subject = m.ID
		if r.By, err = actors.Name(m.UpdatedBy); err != nil {
			return nil, nil, err
		}
		bySlug[modes.SlugKey(m.Slug)] = r
	}
	for _, b := range p.Builtins {
		r, overridden := bySlug[modes.SlugKey(b.Slug)]
		if !overridden {
			r = newRow(b.Slug, b.Name, newSummary(b))
		}
		r.subject = modeTarget{Builtin: &b}.Subject()
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
		own[i].Position, own[i].PositionCount = i+1, len(own)
	}
	return builtins, own, nil
}
