package api

import (
	"orgmodes/internal/admin/actions"
	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/modes"
	"orgmodes/internal/resource"
)

// list returns the modes of the requested view.
func (a modeAPI) list(v *request) ([]listItem, error) {
	view, err := parseView(v)
	if err != nil {
		return nil, err
	}
	all, err := a.DB.Objects(modes.KindName).List(v.UserContext(), v.org.ID)
	if err != nil {
		return nil, err
	}
	var list []listItem
	for _, m := range a.modesInView(v, view, all) {
		list = append(list, listItem{m.Slug, m})
	}
	return list, nil
}

// modesInView returns the modes of a view, in its order.
func (a *API) modesInView(v *request, view transfer.View, all []resource.Object) []mode {
	own := make([]mode, len(all))
	for i, o := range all {
		own[i], _ = a.modes().presentWithActions(v, o).(mode)
	}
	if view == transfer.ViewOwn {
		return own
	}
	plain := make([]modes.Mode, len(all))
	bySlug := make(map[string]mode, len(all))
	for i, o := range all {
		plain[i] = modes.FromObject(o).Mode
		bySlug[modes.SlugKey(plain[i].Slug)] = own[i]
	}
	merged := make([]mode, 0, len(all)+len(a.Builtins))
	for _, m := range modes.Merge(a.Builtins, plain) {
		out, ok := bySlug[modes.SlugKey(m.Slug)]
		if !ok {
			out = mode{
				Slug: m.Slug, Name: m.Name, Config: m.Config, BuiltIn: true,
				Actions: actions.NewList(v.decide, v.address(""), []actions.Definition{actions.Override}),
			}
		}
		merged = append(merged, out)
	}
	return merged
}

// parseView parses the view of the query.
func parseView(v *request) (transfer.View, error) {
	switch view := transfer.View(v.Query("view", string(transfer.ViewOwn))); view {
	case transfer.ViewOwn, transfer.ViewMerged:
		return view, nil
	}
	return "", malformedQuery("view must be own (the organization's modes) or merged (with the built-in ones)")
}
